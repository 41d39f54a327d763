import { fieldsOfNew } from './all-fields.ts';
import { changedFields } from './compare.ts';
import { configFields } from './config-fields.ts';
import { conflictError, type Conflict } from './conflict.ts';
import { difference, intersection, isEmpty, recursiveDifference, type FieldSet } from './field-set.ts';
import { fieldsFromLastApplied } from './last-applied.ts';
import { entryOf, isSameManager, type ManagedFields, type ManagedFieldsEntry } from './managed-fields.ts';
import { equalJson } from '../json-value.ts';
import { merge } from './merge.ts';
import { prune } from './prune.ts';
import { reconcile } from './reconcile.ts';
import type { ApplyScope, Writer } from './scope.ts';
import { finish, takeFromAll } from './track.ts';
import { VersionChanges } from './version-changes.ts';

/** What was applied to what. */
export interface Applied {
  /** The stored object without its managers; undefined when there is none yet. */
  readonly live: object | undefined;
  /** The managers of `live`. */
  readonly managers: ManagedFields;
  /** What the applier says the object should be, as far as it cares. */
  readonly config: object;
  /** Whether to take fields that others own. */
  readonly force: boolean;
}

/** The object after the apply, which shares parts with the arguments, and its managers. */
export interface ApplyResult {
  readonly object: object;
  readonly managers: ManagedFields;
}

/** The name under which what was there before anybody applied is owned. */
const BEFORE = 'before-first-apply';

/** The client that used to apply by itself; its server-side applies carry on with what it owned that way. */
const KUBECTL = 'kubectl';

/**
 * Server-side apply: merges the config into the live object, removes what the applier once applied and now does not name
 * (where nobody else owns it), and makes it the owner of all that it names.
 * @throws TypeFault when the config does not fit the type, ApiError Conflict when others own fields that would change
 */
export function apply(scope: ApplyScope, applied: Applied, writer: Writer): ApplyResult {
  const steps = applySteps(scope, applied, writer);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same with `pause` awaited between the steps, for objects of many fields. */
export async function applyInTurns(
  scope: ApplyScope,
  applied: Applied,
  writer: Writer,
  pause: () => Promise<void>,
): Promise<ApplyResult> {
  const steps = applySteps(scope, applied, writer);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await pause();
  }
}

/** The work in parts that grow with the object, none much longer than the others. */
function* applySteps(scope: ApplyScope, applied: Applied, writer: Writer): Generator<void, ApplyResult> {
  const set = recursiveDifference(configSet(scope, applied.config), scope.reset);
  yield;
  const plan = yield* planSteps(scope, applied, writer, set);
  yield;
  const conflicts = applied.force ? [] : conflictsOf(plan.others, plan.changes);
  const unresolved = writer.manager === KUBECTL ? withoutLastApplied(scope, applied.live, conflicts) : conflicts;
  if (unresolved.length > 0) throw conflictError(unresolved);
  yield;
  const others = takeFromAll(plan.others, plan.changes, undefined);
  yield;
  const own = isEmpty(set) ? [] : [yield* ownEntry(scope, plan, applied, writer, set)];
  yield;
  return { object: plan.object, managers: finish(applied.managers, [...others, ...own]) };
}

/** The fields that the config names, but for those that cannot be set here. */
function configSet(scope: ApplyScope, config: object): FieldSet {
  const set: { [element: string]: FieldSet } = { ...configFields(config, scope.type) };
  for (const name of scope.skip) delete set[`f:${name}`];
  return set;
}

interface Plan {
  readonly object: object;
  readonly changes: VersionChanges;
  /** The entry that the applier had. */
  readonly previous: ManagedFieldsEntry | undefined;
  readonly others: ManagedFields;
}

function* planSteps(scope: ApplyScope, applied: Applied, writer: Writer, set: FieldSet): Generator<void, Plan> {
  const managers = knownManagers(scope, applied, writer);
  const previous = managers.find((entry) => isSameManager(entry, ownIdentity(scope, writer)));
  const others = managers.filter((entry) => entry !== previous);
  const live = applied.live ?? {};
  yield;
  const merged = applied.live ? merge(live, applied.config, scope.type) : applied.config;
  const wanted = [...others, entryOf({ ...ownIdentity(scope, writer), fieldsV1: set })];
  yield;
  const object = previous ? prune(scope, merged, previous, wanted) : merged;
  return { object, changes: new VersionChanges(scope, live, object), previous, others };
}

/** With nobody known to own anything, what is there belongs to those before. */
function knownManagers(scope: ApplyScope, { live, managers }: Applied, { time }: Writer): ManagedFields {
  if (managers.length > 0 || !live) return managers.map((entry) => reconciled(scope, entry));
  const fieldsV1 = recursiveDifference(fieldsOfNew(live, scope.type, scope.skip), scope.reset);
  const { apiVersion, subresource } = scope;
  return isEmpty(fieldsV1)
    ? managers
    : [entryOf({ manager: BEFORE, operation: 'Update', apiVersion, subresource, time, fieldsV1 })];
}

/** An entry that was written by an older schema. */
function reconciled(scope: ApplyScope, entry: ManagedFieldsEntry): ManagedFieldsEntry {
  const view = entry.apiVersion === scope.apiVersion ? scope : scope.version(entry.apiVersion);
  const fieldsV1 = view ? reconcile(entry.fieldsV1, view.type) : entry.fieldsV1;
  return fieldsV1 === entry.fieldsV1 ? entry : { ...entry, fieldsV1 };
}

function ownIdentity({ apiVersion, subresource }: ApplyScope, { manager }: Writer) {
  return { manager, operation: 'Apply', apiVersion, subresource } as const;
}

/** The time says when the applier last changed anything. What it owned already is the very same set as before. */
function* ownEntry(
  scope: ApplyScope,
  { object, previous }: Plan,
  { live }: Applied,
  writer: Writer,
  set: FieldSet,
): Generator<void, ManagedFieldsEntry> {
  const known = previous && equalJson(previous.fieldsV1, set) ? previous : undefined;
  yield;
  const time = known && equalJson(live, object) ? known.time : writer.time;
  return entryOf({ ...ownIdentity(scope, writer), time, fieldsV1: known?.fieldsV1 ?? set });
}

function conflictsOf(others: ManagedFields, changes: VersionChanges): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const entry of others) {
    const change = changes.in(entry.apiVersion);
    const fields = change && intersection(entry.fieldsV1, changedFields(change));
    if (fields && !isEmpty(fields)) conflicts.push({ entry, fields });
  }
  return conflicts;
}

/** What kubectl applied itself before is its own: to change that is no conflict, when nothing else is. */
function withoutLastApplied(scope: ApplyScope, live: object | undefined, conflicts: Conflict[]): Conflict[] {
  if (conflicts.length === 0 || !live) return conflicts;
  const owned = fieldsFromLastApplied(scope, live);
  if (!owned) return conflicts;
  return conflicts
    .map(({ entry, fields }) => ({ entry, fields: difference(fields, owned) }))
    .filter(({ fields }) => !isEmpty(fields));
}
