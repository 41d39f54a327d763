import { conflict, notFound } from '../../apimachinery/api-error.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { AnyObject, KubeObject } from '../../apimachinery/object.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { KeyNotFound, type Entry, type Update } from '../../storage/storage.ts';
import { storageFor, type ObjectStorage } from './converting-storage.ts';
import { copyJson } from '../../apimachinery/json-value.ts';
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
    if (gone && !options.dryRun) await extensionOf(registry, target.kind)?.removed?.(entry.object);
    return { entry, gone };
  } catch (error) {
    throw error instanceof KeyNotFound ? notFound(target.kind, target.name) : error;
  }
}

function wasRemoved(outcome: Update): boolean {
  return outcome === 'delete';
}

async function dryRun(
  storage: ObjectStorage,
  key: string,
  change: (current: Entry) => Promise<Update>,
): Promise<Entry> {
  const current = await storage.get(key);
  if (!current) throw new KeyNotFound(key);
  const outcome = await change(current);
  return typeof outcome === 'string' ? current : unstored(key, current.revision, outcome.store);
}

function checkPreconditions(kind: Kind, { metadata }: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid && uid !== metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
    throw conflict(kind, metadata.name, why);
  }
  if (resourceVersion && resourceVersion !== metadata.resourceVersion) {
    const versions = `ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`;
    throw conflict(kind, metadata.name, `Precondition failed: ${versions}`);
  }
}

/** What a delete does to the object as it is. */
function plan(registry: Registry, kind: Kind, current: KubeObject, how: DeleteOptions): Update {
  const extension = extensionOf(registry, kind);
  const finalizers = finalizersFor(kind, current, how.propagationPolicy);
  const grace = graceFor(kind, current, how.gracePeriodSeconds);
  const held = finalizers.length > 0 || extension?.holds?.(current);
  if (grace === 0 && !held) return 'delete';
  const marked = mark(copyJson(current), finalizers, grace, registry.clock.now());
  if (!marked) return 'keep';
  extension?.markDeleted?.(marked);
  return { store: marked };
}

/** The finalizers that the caller's wish about dependents leads to. */
function finalizersFor(kind: Kind, { metadata }: KubeObject, wish: Propagation | undefined): string[] {
  const now = metadata.finalizers ?? [];
  const policy = wish ?? (metadata.deletionTimestamp || asked(now) ? undefined : kind.defaultPropagation);
  if (policy === undefined) return now;
  const others = now.filter((f) => f !== 'orphan' && f !== 'foregroundDeletion');
  if (policy === 'Orphan') return [...others, 'orphan'];
  return policy === 'Foreground' ? [...others, 'foregroundDeletion'] : others;
}

function asked(finalizers: readonly string[]): boolean {
  return finalizers.includes('orphan') || finalizers.includes('foregroundDeletion');
}

/** Seconds until the object may go; a second delete can shorten the wait but not lengthen it. */
function graceFor(kind: Kind, object: KubeObject, requested: number | undefined): number {
  const { deletionTimestamp, deletionGracePeriodSeconds: left } = object.metadata;
  if (deletionTimestamp && requested === undefined) return left ?? 0;
  const grace = Math.max(0, kind.gracePeriod?.(object, requested) ?? 0);
  return deletionTimestamp ? Math.min(grace, left ?? 0) : grace;
}

/** The object marked as deleted; undefined when it is so already, in the same words. */
function mark(object: AnyObject, finalizers: string[], grace: number, now: number): AnyObject | undefined {
  const { metadata } = object;
  const sameFinalizers = String(metadata.finalizers ?? []) === String(finalizers);
  if (metadata.deletionTimestamp && metadata.deletionGracePeriodSeconds === grace && sameFinalizers) return undefined;
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  if (!metadata.deletionTimestamp || metadata.deletionGracePeriodSeconds !== grace) {
    metadata.deletionTimestamp = formatTime(now + grace * 1000);
  }
  metadata.deletionGracePeriodSeconds = grace;
  if (metadata.generation) metadata.generation++;
  return object;
}
