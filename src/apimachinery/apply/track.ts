import { fieldsOfNew } from './all-fields.ts';
import { capManagers } from './cap-managers.ts';
import { changedFields } from './compare.ts';
import { canonical, difference, EMPTY, isEmpty, recursiveDifference, union, type FieldSet } from './field-set.ts';
import {
  asksForReset,
  compareEntries,
  entryOf,
  isSameManager,
  NO_MANAGERS,
  readSent,
  type ManagedFields,
  type ManagedFieldsEntry,
} from './managed-fields.ts';
import type { ApplyScope, Writer } from './scope.ts';
import { VersionChanges } from './version-changes.ts';

/** A change of an object by anything but apply. */
export interface TrackedChange {
  /** What is stored; absent for a create. */
  readonly old?: object | undefined;
  readonly updated: object;
  /** The managers of `old`. */
  readonly stored: ManagedFields;
  /** The `managedFields` that the writer sent along, if any. */
  readonly sent: unknown;
}

/**
 * The managers after a change: the writer owns what it has set or altered, everybody else loses that and what has gone.
 * Undefined where fields are not tracked: in objects without managers, until somebody applies.
 */
export function trackChange(scope: ApplyScope, change: TrackedChange, writer: Writer): ManagedFields | undefined {
  const before = managersBefore(scope, change);
  if (!change.old) return trackNew(scope, before, change.updated, writer);
  if (before.length === 0) return undefined;
  const changes = new VersionChanges(scope, change.old, change.updated);
  const own = before.find((entry) => isSameManager(entry, identity(scope, writer)));
  const taken = recursiveDifference(changedFields(changes.in(scope.apiVersion)!), scope.reset);
  const others = takeFromAll(before, changes, isEmpty(taken) ? undefined : own);
  if (isEmpty(taken)) return finish(before, others);
  const kept = own ? difference(own.fieldsV1, changes.in(scope.apiVersion)!.removed) : EMPTY;
  return finish(before, give(others, own, scope, writer, union(kept, taken)));
}

/** Subresources cannot be used to change who manages the object. */
function managersBefore({ subresource }: ApplyScope, { sent, stored }: TrackedChange): ManagedFields {
  if (subresource) return stored;
  if (asksForReset(sent)) return NO_MANAGERS;
  return readSent(sent, stored) ?? stored;
}

function trackNew(scope: ApplyScope, before: ManagedFields, object: object, writer: Writer): ManagedFields {
  const set = recursiveDifference(fieldsOfNew(object, scope.type, scope.skip), scope.reset);
  if (isEmpty(set)) return before;
  const others = before.length === 0 ? before : takeFromAll(before, new VersionChanges(scope, {}, object), undefined);
  const own = others.find((entry) => isSameManager(entry, identity(scope, writer)));
  return finish(before, give(others, own, scope, writer, own ? union(own.fieldsV1, set) : set));
}

function identity({ apiVersion, subresource }: ApplyScope, { manager }: Writer) {
  return { manager, operation: 'Update', apiVersion, subresource } as const;
}

/** The entries with the writer's own, `own` until now, made anew. */
function give(
  entries: ManagedFields,
  own: ManagedFieldsEntry | undefined,
  scope: ApplyScope,
  writer: Writer,
  fieldsV1: FieldSet,
): ManagedFields {
  const entry = entryOf({ ...identity(scope, writer), time: writer.time, fieldsV1 });
  return own ? entries.map((other) => (other === own ? entry : other)) : [...entries, entry];
}

/**
 * Takes what has changed or gone from every entry but `spared`. Entries of versions that the kind has no longer go whole.
 * Answers the same entries, as the same objects, where nothing was taken.
 */
export function takeFromAll(
  entries: ManagedFields,
  changes: VersionChanges,
  spared: ManagedFieldsEntry | undefined,
): ManagedFields {
  let result: ManagedFieldsEntry[] | undefined;
  entries.forEach((entry, i) => {
    const kept = entry === spared ? entry : take(entry, changes);
    if (kept === entry) result?.push(entry);
    else {
      result ??= entries.slice(0, i);
      if (kept) result.push(kept);
    }
  });
  return result ?? entries;
}

function take(entry: ManagedFieldsEntry, changes: VersionChanges): ManagedFieldsEntry | undefined {
  const change = changes.in(entry.apiVersion);
  if (!change) return undefined;
  const kept = difference(difference(entry.fieldsV1, changedFields(change)), change.removed);
  if (kept === entry.fieldsV1) return entry;
  // An emptied entry is dropped at the end: its manager may be the one who is given the fields.
  return { ...entry, fieldsV1: kept };
}

/** The entries as they are stored: none empty, not too many, in order. The same list when nothing has changed. */
export function finish(before: ManagedFields, after: ManagedFields): ManagedFields {
  if (after === before) return before;
  const ordered = new Set(before.map((entry) => entry.fieldsV1));
  const kept = capManagers(after.filter((entry) => !isEmpty(entry.fieldsV1)));
  const order = (entry: ManagedFieldsEntry): ManagedFieldsEntry => {
    if (ordered.has(entry.fieldsV1)) return entry;
    const fieldsV1 = canonical(entry.fieldsV1);
    return fieldsV1 === entry.fieldsV1 ? entry : { ...entry, fieldsV1 };
  };
  return kept.map(order).sort(compareEntries);
}
