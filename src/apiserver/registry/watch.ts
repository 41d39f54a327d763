import { invalidObject } from '../../apimachinery/api-error.ts';
import { forbidden, notSupported, type FieldError } from '../../apimachinery/field-error.ts';
import { queryFlag } from '../../apimachinery/query-flag.ts';
import type { Entry, StorageEvent } from '../../storage/storage.ts';
import { storageFor } from './converting-storage.ts';
import { parseResourceVersion } from './get.ts';
import { listPrefix, type Registry, type Target } from './registry.ts';
import { selectionOf, type Selection } from './selection.ts';

/** The query of a watch, unparsed: absent parameters are null. */
export interface WatchQuery {
  readonly labelSelector: string | null;
  readonly fieldSelector: string | null;
  readonly resourceVersion: string | null;
  readonly resourceVersionMatch: string | null;
  readonly sendInitialEvents: string | null;
  readonly continue?: string | null;
}

/** Who wants to be told. All calls are synchronous and in order. */
export interface Watcher {
  /** An object that is there when the watch begins. */
  onInitial(entry: Entry): void;
  /** All that was there has been told; it is true at `revision`. `asked`: the caller asked for the marker. */
  onInitialEnd(revision: number, asked: boolean): void;
  /** A change as it looks through the selection. `gone`: the object was changed so that it is not selected any more. */
  onChange(event: StorageEvent, type: 'ADDED' | 'MODIFIED' | 'DELETED', gone: boolean): void;
  /** Nothing selected has happened up to `revision`. */
  onProgress(revision: number): void;
  onClose(error?: Error): void;
}

/** How a watch begins. */
interface Start {
  readonly list: boolean;
  readonly revision: number | undefined;
  readonly marker: boolean;
}

/**
 * Tells `watcher` of all changes of a collection until `signal` aborts.
 * @throws ApiError BadRequest or Invalid for a bad query; later errors go to `onClose`
 */
export async function watch(
  registry: Registry,
  target: Target,
  query: WatchQuery,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<void> {
  const selection = selectionOf(target, query.labelSelector, query.fieldSelector);
  const start = parseStart(query);
  let after = start.revision;
  if (start.list) {
    try {
      after = await tellInitial(registry, target, selection, start, watcher);
    } catch (error) {
      return watcher.onClose(error as Error); // the query was right: what fails from here on is an event
    }
    if (signal.aborted) return;
  }
  const { match, index, name } = selection;
  storageFor(registry.storage, target.kind).watch(listPrefix(target, name), {
    ...(after !== undefined && { after }),
    ...(index && { index }),
    signal,
    onEvent: match
      ? (event) => throughSelection(event, { match, name }, watcher)
      : (event) => watcher.onChange(event, plainType(event), false),
    onProgress: (revision) => watcher.onProgress(revision),
    onClose: (error) => watcher.onClose(error),
  });
}

async function tellInitial(
  registry: Registry,
  target: Target,
  selection: Selection,
  start: Start,
  watcher: Watcher,
): Promise<number> {
  const { match, index, name } = selection;
  const { entries, revision } = await storageFor(registry.storage, target.kind).list(listPrefix(target, name), {
    ...(start.revision !== undefined && { freshness: { atLeast: start.revision } }),
    ...(match && { match }),
    ...(index && { index }),
  });
  for (const entry of entries) watcher.onInitial(entry);
  watcher.onInitialEnd(revision, start.marker);
  return revision;
}

function plainType({ type }: StorageEvent): 'ADDED' | 'MODIFIED' | 'DELETED' {
  return type === 'create' ? 'ADDED' : type === 'update' ? 'MODIFIED' : 'DELETED';
}

type Matching = Required<Pick<Selection, 'match'>> & { readonly name: string | undefined };

function throughSelection(event: StorageEvent, { match, name }: Matching, watcher: Watcher): void {
  // The key says the name: other objects need not be looked into.
  if (name !== undefined && !event.entry.key.endsWith(`/${name}`)) return watcher.onProgress(event.revision);
  const was = event.type !== 'create' && match((event.previous ?? event.entry).object);
  if (event.type === 'delete') {
    if (was || match(event.entry.object)) watcher.onChange(event, 'DELETED', false);
    return;
  }
  const is = match(event.entry.object);
  if (is) watcher.onChange(event, was ? 'MODIFIED' : 'ADDED', false);
  else if (was) watcher.onChange(event, 'DELETED', true);
  else watcher.onProgress(event.revision);
}

function parseStart(query: WatchQuery): Start {
  const errors = startErrors(query);
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  const version = query.resourceVersion ? parseResourceVersion(query.resourceVersion) : undefined;
  if (query.sendInitialEvents !== null) {
    const list = queryFlag(query.sendInitialEvents);
    return { list, revision: list ? version : version || undefined, marker: list };
  }
  return { list: !version, revision: version, marker: false };
}

function startErrors({ resourceVersionMatch: how, sendInitialEvents, continue: token }: WatchQuery): FieldError[] {
  const field = 'resourceVersionMatch';
  const errors: FieldError[] = [];
  if (sendInitialEvents !== null && how !== 'NotOlderThan') {
    errors.push(forbidden(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  }
  if (!how) return errors;
  if (sendInitialEvents === null) {
    errors.push(forbidden(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
  }
  if (how !== 'NotOlderThan') errors.push(notSupported(field, how, ['NotOlderThan']));
  if (token) errors.push(forbidden(field, 'resourceVersionMatch is forbidden when continue is provided'));
  return errors;
}
