import { conflict, notFound } from '../../apimachinery/api-error.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { AnyObject, KubeObject } from '../../apimachinery/object.ts';
import { formatTime, parseTime } from '../../apimachinery/time.ts';
import { KeyNotFound, type Entry, type Update } from '../../storage/storage.ts';
import { storageFor } from './converting-storage.ts';
import { dryRun } from './dry-run.ts';
import { copyJson, equalJson } from '../../apimachinery/json-value.ts';
import {
  admissionRequest,
  extensionOf,
  objectKey,
  unstored,
  type Registry,
  type Target,
  type WriteOptions,
} from './registry.ts';

export type Propagation = 'Orphan' | 'Background' | 'Foreground';

/** The part of `DeleteOptions` that says how. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: Propagation | undefined;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
}

/** What a delete led to: the last state, and whether the object is gone or only marked. */
export interface Deleted {
  readonly entry: Entry;
  readonly gone: boolean;
}

/**
 * Removes an object, or marks it as deleted while a grace period or finalizers hold it.
 * @throws ApiError NotFound, Conflict, or what admission says
 */
export async function remove(
  registry: Registry,
  target: Target,
  how: DeleteOptions,
  options: WriteOptions,
): Promise<Deleted> {
  const key = objectKey(target);
  const storage = storageFor(registry.storage, target.kind);
  let outcome: Update = 'keep';
  const change = async (current: Entry): Promise<Update> => {
    checkPreconditions(target.kind, current.object, how);
    const request = admissionRequest('DELETE', target, options, { oldObject: current.object });
    await registry.admission.admit(request);
    await registry.admission.validate(request);
    return (outcome = plan(registry, target.kind, current.object, how));
  };
  try {
    const entry = options.dryRun ? await dryRun(storage, key, change) : await storage.update(key, change);
    const gone = wasRemoved(outcome);
    if (gone && !options.dryRun) await removed(registry, target, entry.object);
    return { entry: gone ? lastState(target.kind, key, entry, registry.clock.now()) : entry, gone };
  } catch (error) {
    throw error instanceof KeyNotFound ? notFound(target.kind, target.name) : error;
  }
}

/** What is answered when an object is gone: where its kind knows grace, marked as deleted with no time left. */
function lastState(kind: Kind, key: string, entry: Entry, now: number): Entry {
  if (!kind.gracePeriod) return entry;
  const object: AnyObject = copyJson(entry.object);
  mark(object, { seconds: 0, end: now }, now);
  return unstored(key, entry.revision, object);
}

/** Tells everybody who has to know that an object is gone. */
export async function removed(registry: Registry, { kind, namespace }: Target, old: KubeObject): Promise<void> {
  await extensionOf(registry, kind)?.removed?.(old);
  await registry.admission.stored({ kind, namespace, old });
}

function wasRemoved(outcome: Update): boolean {
  return outcome === 'delete';
}

/** Upstream names the kind here, not the resource. */
function checkPreconditions(kind: Kind, { metadata }: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const what = { group: kind.group, plural: kind.kind };
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(what, metadata.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(what, metadata.name, why);
  }
}

/** What a delete does to the object as it is. */
function plan(registry: Registry, kind: Kind, current: KubeObject, how: DeleteOptions): Update {
  const extension = extensionOf(registry, kind);
  const now = registry.clock.now();
  const grace = graceFor(kind, current, how.gracePeriodSeconds, now);
  if (grace === 'pending') return 'keep';
  const finalizers = finalizersFor(kind, current, how.propagationPolicy);
  const held = finalizers.length > 0 || extension?.holds?.(current);
  if (!held && !grace?.seconds) return 'delete';
  const marked: AnyObject = copyJson(current);
  if (finalizers.length > 0) marked.metadata.finalizers = finalizers;
  else delete marked.metadata.finalizers;
  mark(marked, grace ?? { seconds: 0, end: now }, now);
  extension?.markDeleted?.(marked);
  return equalJson(marked, current) ? 'keep' : { store: marked };
}

/** The finalizers that the caller's wish about dependents leads to; without a wish, what was decided before holds. */
function finalizersFor(kind: Kind, { metadata }: KubeObject, wish: Propagation | undefined): string[] {
  const now = metadata.finalizers ?? [];
  const others = now.filter((f) => f !== 'orphan' && f !== 'foregroundDeletion');
  if (kind.defaultPropagation === 'Unsupported') return others;
  if (wish === undefined && others.length < now.length) return now;
  const policy = wish ?? kind.defaultPropagation;
  if (policy === 'Orphan') return [...others, 'orphan'];
  return policy === 'Foreground' ? [...others, 'foregroundDeletion'] : others;
}

/** How long an object may take to stop. `end` is in milliseconds. */
interface Grace {
  readonly seconds: number;
  readonly end: number;
}

/**
 * The time that this delete gives the object; `pending` when an earlier one has given as little already, and undefined
 * when its kind needs none or it is over. A later delete can shorten it but not lengthen it.
 */
function graceFor(
  kind: Kind,
  object: KubeObject,
  requested: number | undefined,
  now: number,
): Grace | 'pending' | undefined {
  if (!kind.gracePeriod) return undefined;
  const wanted = requested !== undefined && requested < 0 ? 1 : requested;
  const { deletionTimestamp, deletionGracePeriodSeconds: left = 0 } = object.metadata;
  if (!deletionTimestamp) {
    const seconds = kind.gracePeriod(object, wanted);
    return { seconds, end: now + seconds * 1000 };
  }
  if (left === 0) return undefined;
  if (wanted === undefined || wanted >= left) return 'pending';
  return { seconds: wanted, end: parseTime(deletionTimestamp)! - (left - wanted) * 1000 };
}

/** Marks the object as deleted; what has been marked before keeps the time that has passed already. */
function mark({ metadata }: AnyObject, { seconds, end }: Grace, now: number): void {
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (!deletionTimestamp && metadata.generation) metadata.generation++;
  if (!deletionTimestamp || deletionGracePeriodSeconds || parseTime(deletionTimestamp)! > now) {
    metadata.deletionTimestamp = formatTime(end);
  }
  metadata.deletionGracePeriodSeconds = seconds;
}
