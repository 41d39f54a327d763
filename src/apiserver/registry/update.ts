import { conflict, invalidObject, isApiError, notFound, staleVersion } from '../../apimachinery/api-error.ts';
import { invalid } from '../../apimachinery/field-error.ts';
import { hasStatus, type Kind, type StrategyContext, type Subresource } from '../../apimachinery/kind.ts';
import type { AnyObject, KubeObject } from '../../apimachinery/object.ts';
import { undo as undoAdmission } from '../../admission/chain.ts';
import type { AdmissionRequest } from '../../admission/plugin.ts';
import { KeyNotFound, type Entry, type Update } from '../../storage/storage.ts';
import { create } from './create.ts';
import { storageFor } from './converting-storage.ts';
import { dryRun } from './dry-run.ts';
import { removed } from './delete.ts';
import { mayBeWritten, type Reservation } from './extensions/extension.ts';
import { isSameButForTimes, managersOf, setManagers } from './field-managers.ts';
import { copyJson, equalJson } from '../../apimachinery/json-value.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';
import {
  admissionRequest,
  extensionOf,
  objectKey,
  unstored,
  type Registry,
  type Target,
  type WriteOptions,
} from './registry.ts';

export interface UpdateRequest extends Target {
  readonly options: WriteOptions;
  /** The lens through which the object is changed. */
  readonly subresource?: Subresource | undefined;
  /** What the caller wants stored, made of (a copy of) what is. Runs again when somebody else was faster. */
  produce(current: AnyObject, context: StrategyContext): AnyObject | Promise<AnyObject>;
  /** True when admission has judged what was posted to the subresource, so that it is not asked about the change too. */
  readonly admitted?: boolean;
  /** True when `produce` does not change what it is given, so that it needs no copy. */
  readonly keepsCurrent?: boolean;
  /** Makes the object to be created when there is none. Without it that is an error. */
  createNew?(): Promise<AnyObject>;
}

/** What an update led to. */
export interface Updated {
  readonly entry: Entry;
  readonly created: boolean;
}

/**
 * Changes a stored object (or a part of it, through a subresource). A change that changes nothing is not written, and a
 * deleted object that has lost its last finalizer is removed.
 * @throws ApiError NotFound, Conflict, Invalid, or what admission says
 */
export async function update(registry: Registry, request: UpdateRequest): Promise<Updated> {
  const { kind, name, options } = request;
  const attempt = new Attempt(registry, request);
  try {
    const key = objectKey(request);
    const storage = storageFor(registry.storage, kind);
    const entry = options.dryRun
      ? await dryRun(storage, key, attempt.change)
      : await storage.update(key, attempt.change);
    await attempt.succeeded(entry);
    return { entry: attempt.removed ? unstored(key, entry.revision, attempt.removed) : entry, created: false };
  } catch (error) {
    if (!mayBeWritten(error)) await attempt.undo();
    if (!(error instanceof KeyNotFound)) throw error;
    if (!request.createNew) throw notFound(kind, name);
    return createMissing(registry, request, await request.createNew());
  }
}

/** Somebody else may create the object at the same time: then it is there to be updated. */
async function createMissing(registry: Registry, request: UpdateRequest, object: AnyObject): Promise<Updated> {
  const { resourceVersion } = object.metadata;
  if (resourceVersion && resourceVersion !== '0') throw staleVersion(request.kind, request.name);
  delete (object.metadata as Partial<AnyObject['metadata']>).resourceVersion;
  try {
    return { entry: await create(registry, request, object, request.options), created: true };
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists') || !(await exists(registry, request))) throw error;
    return update(registry, request);
  }
}

async function exists(registry: Registry, request: UpdateRequest): Promise<boolean> {
  return (await storageFor(registry.storage, request.kind).get(objectKey(request))) !== undefined;
}

/** One update with its retries. */
class Attempt {
  /** The object as the caller made it, when that let it go: what is answered, though it is stored no more. */
  removed: AnyObject | undefined;
  #reservation: Reservation | undefined;
  #outcome: Update = 'keep';
  #admission: AdmissionRequest | undefined;
  #old: AnyObject | undefined;
  readonly #registry: Registry;
  readonly #request: UpdateRequest;

  constructor(registry: Registry, request: UpdateRequest) {
    this.#registry = registry;
    this.#request = request;
  }

  /** From what is stored to what shall be. */
  change = async (current: Entry): Promise<Update> => {
    await this.undo();
    const registry = this.#registry;
    const { kind, options, subresource } = this.#request;
    const context = {
      now: registry.clock.now(),
      user: options.user.username,
      caller: options.user,
      subresource: subresource?.name ?? '',
    };
    const old: AnyObject = current.object;
    this.#old = old;
    const produced = this.#request.produce(this.#request.keepsCurrent ? old : copyJson(old), context);
    const updated = produced instanceof Promise ? await produced : produced;
    if (options.pause) await options.pause();
    checkPreconditions(kind, updated, old);
    const sent: unknown = updated.metadata.managedFields;
    restoreMetadata(updated, old);
    kind.setDefaults?.(updated);
    this.#noteManagers(updated, old, sent);
    if (options.pause) await options.pause();
    const admission = admissionRequest('UPDATE', this.#request, options, {
      object: updated,
      oldObject: old,
      subresource: context.subresource,
    });
    this.#admission = admission;
    if (!this.#request.admitted) await registry.admission.admit(admission);
    this.#prepare(updated, old, context);
    this.#validate(updated, old);
    if (options.pause) await options.pause();
    if (!this.#request.admitted) await registry.admission.validate(admission);
    this.#warn(updated, old);
    const extension = extensionOf(registry, kind);
    if (!subresource) this.#reservation = (await extension?.beforeUpdate?.(updated, old, options.dryRun)) ?? undefined;
    const goes = isReadyToGo(updated, old) && !extension?.holds?.(updated);
    this.removed = goes ? updated : undefined;
    if (goes) return (this.#outcome = 'delete');
    if (options.pause) await options.pause();
    if (isSameButForTimes(updated, old)) return (this.#outcome = 'keep');
    return (this.#outcome = { store: updated, ...(kind.ttl !== undefined && { ttl: kind.ttl }) });
  };

  /** Gives back what the last try took. */
  async undo(): Promise<void> {
    const reservation = this.#reservation;
    this.#reservation = undefined;
    await reservation?.undo();
    if (this.#admission) await undoAdmission(this.#admission);
  }

  /** To be called when the store has taken what `change` answered last. */
  async succeeded(entry: Entry): Promise<void> {
    const { kind, options } = this.#request;
    const outcome = this.#outcome;
    // Nothing was stored that could hold what was claimed.
    if (typeof outcome === 'string' || options.dryRun) await this.undo();
    else await this.#reservation?.commit();
    if (options.dryRun || outcome === 'keep') return;
    if (outcome === 'delete') return removed(this.#registry, this.#request, entry.object);
    // What was stored, and not what the entry would have to parse.
    const change = { kind, namespace: this.#request.namespace, old: this.#old!, now: outcome.store };
    await this.#registry.admission.stored(change);
  }

  /** What goes through a subresource that can only be posted (a binding) is nobody's. */
  #noteManagers(updated: AnyObject, old: AnyObject, sent: unknown): void {
    const { kind, options, subresource } = this.#request;
    if (options.managersGiven) return;
    const { fieldManagers } = this.#registry;
    if (!subresource || subresource.verbs.includes('update')) {
      fieldManagers.updated(kind, subresource, { old, updated, sent }, options.fieldManager);
    } else {
      setManagers(updated, managersOf(old));
    }
  }

  #prepare(updated: AnyObject, old: AnyObject, context: StrategyContext): void {
    const { kind, subresource } = this.#request;
    if (!subresource && hasStatus(kind)) {
      if (old['status'] === undefined) delete updated['status'];
      else updated['status'] = copyJson(old['status']);
    }
    kind.prepareForUpdate?.(updated, old, context);
    // What can only be posted (a binding) is no change of what the owner wants.
    const counts = kind.hasGeneration && (!subresource || subresource.verbs.includes('update'));
    if (counts && !equalSpec(subresource ? [] : kind.generationCounts, updated, old))
      updated.metadata.generation = (old.metadata.generation ?? 0) + 1;
  }

  #warn(updated: AnyObject, old: AnyObject): void {
    const { kind, subresource, options } = this.#request;
    if (subresource) return;
    for (const text of kind.warnings?.(updated, old) ?? []) options.warn?.(text);
  }

  #validate(updated: AnyObject, old: AnyObject): void {
    const { kind, subresource, name } = this.#request;
    const errors = validateMetadataUpdate(updated.metadata, old.metadata);
    if (subresource?.validate) errors.push(...subresource.validate(updated, old));
    else {
      errors.push(...validateMetadata(kind, updated.metadata));
      if (subresource?.name !== 'status') errors.push(...(kind.validate?.(updated, old) ?? []));
      errors.push(...(kind.validateUpdate?.(updated, old) ?? []));
    }
    if (errors.length > 0) throw invalidObject(subresource?.kind ?? kind, name, errors);
  }
}

/** Whether two objects say the same apart from their status and most metadata: what `metadata.generation` counts. */
function equalSpec(metadata: Kind['generationCounts'] = [], a: AnyObject, b: AnyObject): boolean {
  return (
    equalJson({ ...a, metadata: 0, status: 0 }, { ...b, metadata: 0, status: 0 }) &&
    metadata.every((field) => equalJson(a.metadata[field] ?? {}, b.metadata[field] ?? {}))
  );
}

/** The version and identity that the caller means, if it says. */
function checkPreconditions(kind: Kind, sent: KubeObject, old: KubeObject): void {
  const { uid, resourceVersion, name } = sent.metadata;
  if (uid && uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    throw conflict(kind, old.metadata.name, why);
  }
  if (resourceVersion && resourceVersion !== '0' && resourceVersion !== old.metadata.resourceVersion) {
    throw staleVersion(kind, name || old.metadata.name);
  }
  if (kind.versionedUpdate && !resourceVersion) {
    throw invalidObject(kind, old.metadata.name, [
      invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
    ]);
  }
}

/** Puts back what callers cannot change. */
function restoreMetadata(updated: KubeObject, old: KubeObject): void {
  const { metadata } = updated;
  delete metadata.selfLink;
  for (const field of [
    ...(['name', 'namespace', 'uid', 'resourceVersion', 'creationTimestamp', 'generation', 'generateName'] as const),
    ...(['deletionTimestamp', 'deletionGracePeriodSeconds'] as const),
  ]) {
    if (old.metadata[field] === undefined) delete metadata[field];
    else (metadata as unknown as Record<string, unknown>)[field] = old.metadata[field];
  }
}

/** Whether nothing holds a deleted object any more. */
function isReadyToGo({ metadata }: KubeObject, old: KubeObject): boolean {
  if (!old.metadata.deletionTimestamp || metadata.finalizers?.length) return false;
  return (old.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}
