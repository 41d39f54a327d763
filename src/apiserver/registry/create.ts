import { randomUUID } from 'node:crypto';
import { undo as undoAdmission } from '../../admission/chain.ts';
import { alreadyExists, ApiError, badRequest, invalidObject, isApiError } from '../../apimachinery/api-error.ts';
import { hasStatus, type Kind } from '../../apimachinery/kind.ts';
import type { AnyObject } from '../../apimachinery/object.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { randomSuffix } from '../../base/random.ts';
import { KeyExists, type Entry } from '../../storage/storage.ts';
import { storageFor } from './converting-storage.ts';
import { mayBeWritten, type Reservation } from './extensions/extension.ts';
import { copyJson } from '../../apimachinery/json-value.ts';
import { validateMetadata } from './metadata.ts';
import {
  admissionRequest,
  extensionOf,
  objectKey,
  unstored,
  type Registry,
  type Target,
  type WriteOptions,
} from './registry.ts';

/** How often a generated name is tried, and the longest prefix that leaves room for the suffix. */
const nameTries = 8;
const longestPrefix = 58;

/**
 * Stores a new object. `object` has been decoded as `target.kind` and is given away. Its name may come from
 * `generateName`.
 * @throws ApiError Invalid, AlreadyExists, or what admission says
 */
export async function create(
  registry: Registry,
  target: Target,
  object: AnyObject,
  options: WriteOptions,
): Promise<Entry> {
  const { generateName } = object.metadata;
  if (object.metadata.name || !generateName) return createNamed(registry, target, object, options);
  for (let tries = 1; ; tries++) {
    const attempt = tries < nameTries ? copyJson(object) : object;
    attempt.metadata.name = generateName.slice(0, longestPrefix) + randomSuffix(registry.random);
    try {
      return await createNamed(registry, target, attempt, options);
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
      if (tries === nameTries) throw noFreeName(error);
    }
  }
}

async function createNamed(
  registry: Registry,
  collection: Target,
  object: AnyObject,
  options: WriteOptions,
): Promise<Entry> {
  const { kind, namespace } = collection;
  fillMetadata(registry, kind, namespace, object);
  const target = { kind, namespace, name: object.metadata.name };
  kind.setDefaults?.(object);
  if (!options.managersGiven) registry.fieldManagers.created(kind, object, options.fieldManager);
  const { pause } = options;
  if (pause) await pause();
  const request = admissionRequest('CREATE', target, options, { object });
  await registry.admission.admit(request);
  if (hasStatus(kind) && !kind.statusOnCreate) delete object['status'];
  const { user } = options;
  kind.prepareForCreate?.(object, { now: registry.clock.now(), user: user.username, caller: user, subresource: '' });
  const errors = [...validateMetadata(kind, object.metadata), ...(kind.validate?.(object) ?? [])];
  if (pause) await pause();
  if (errors.length > 0) throw invalidObject(kind, object.metadata.name, errors);
  await registry.admission.validate(request);
  for (const text of kind.warnings?.(object) ?? []) options.warn?.(text);
  try {
    return await store(registry, target, object, options.dryRun);
  } catch (error) {
    if (!mayBeWritten(error)) await undoAdmission(request);
    throw error;
  }
}

/** Sets what only the server knows, and removes what callers cannot choose. */
function fillMetadata(registry: Registry, kind: Kind, namespace: string, object: AnyObject): void {
  const { metadata } = object;
  if (metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  for (const field of ['selfLink', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation'] as const) {
    delete metadata[field];
  }
  if (kind.namespaced) metadata.namespace = namespace;
  else delete metadata.namespace;
  metadata.uid = randomUUID();
  metadata.creationTimestamp = formatTime(registry.clock.now());
  if (kind.hasGeneration) metadata.generation = 1;
}

async function store(registry: Registry, target: Target, object: AnyObject, dryRun: boolean): Promise<Entry> {
  const { kind, name } = target;
  const reservation = await extensionOf(registry, kind)?.beforeCreate?.(object, dryRun);
  const storage = storageFor(registry.storage, kind);
  const key = objectKey(target);
  try {
    if (!dryRun) return await committed(await storage.create(key, object, kind.ttl), reservation);
    if (await storage.get(key)) throw alreadyExists(kind, name);
    await reservation?.undo();
    return unstored(key, 0, object);
  } catch (error) {
    if (!mayBeWritten(error)) await reservation?.undo();
    throw error instanceof KeyExists ? alreadyExists(kind, name) : error;
  }
}

async function committed(entry: Entry, reservation: Reservation | void): Promise<Entry> {
  await reservation?.commit();
  return entry;
}

/** Clients may try again: another random name may be free. */
function noFreeName(error: ApiError): ApiError {
  const message = `${error.message}, the server was not able to generate a unique name for the object`;
  return new ApiError(409, 'AlreadyExists', message, { ...error.details, retryAfterSeconds: 1 });
}
