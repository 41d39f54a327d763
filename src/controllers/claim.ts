import type { LabelSelector } from '../apimachinery/label-selector.ts';
import type { Kind } from '../apimachinery/kind.ts';
import { controllerOf, controllerRef, type KubeObject } from '../apimachinery/object.ts';
import { ApiError } from '../apimachinery/api-error.ts';
import type { Client } from '../client/client.ts';
import type { ClusterReader } from '../client/controller.ts';
import { unlessGone } from './unless-gone.ts';

/** Name of the index of objects without a controlling owner, by namespace. */
export const orphanIndex = 'orphans';

/** The index function of `orphanIndex`. */
export function orphanNamespace(object: KubeObject): string[] {
  return controllerOf(object) ? [] : [object.metadata.namespace ?? ''];
}

/** What to do with the objects that an owner might control. */
export interface Claims<T extends KubeObject> {
  /** Ours, and rightly so. */
  readonly keep: T[];
  /** Nobody's, and our selector wants them. */
  readonly adopt: T[];
  /** Ours, but our selector does not want them any more. */
  readonly release: T[];
}

/**
 * Decides which of `candidates` an owner keeps, takes and lets go. An owner under deletion changes nothing. `isMember` is
 * for owners that want more than what their selector says.
 */
export function planClaims<T extends KubeObject>(
  owner: KubeObject,
  selector: LabelSelector,
  candidates: readonly T[],
  isMember: (object: T) => boolean = () => true,
): Claims<T> {
  const claims: Claims<T> = { keep: [], adopt: [], release: [] };
  const ending = owner.metadata.deletionTimestamp !== undefined;
  for (const object of candidates) {
    const controller = controllerOf(object);
    if (controller && controller.uid !== owner.metadata.uid) continue;
    const wanted = selector.matches(object.metadata.labels) && isMember(object);
    if (controller && wanted) claims.keep.push(object);
    else if (controller && !ending) claims.release.push(object);
    else if (!controller && wanted && !ending && !object.metadata.deletionTimestamp) claims.adopt.push(object);
  }
  return claims;
}

/** The objects of `kind` that `owner` might control: those it controls, and those of its namespace that nobody does. */
export function candidatesOf<T extends KubeObject>(reader: ClusterReader, kind: Kind<T>, owner: KubeObject): T[] {
  const orphans = reader.byIndex(kind, orphanIndex, owner.metadata.namespace ?? '');
  return [...reader.ownedBy(kind, owner.metadata.uid), ...orphans];
}

/**
 * Carries out the claims of `owner`, an object of `ownerKind`, and returns what it controls then. Before it adopts, it
 * makes sure that the owner still exists: the local copy may show one that is gone.
 * @param finalizer what the owner's objects carry: adopted ones get it, released ones lose it
 * @throws ApiError Conflict when an object changed meanwhile
 */
export async function claim<O extends KubeObject, T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  ownerKind: Kind<O>,
  owner: O,
  claims: Claims<T>,
  finalizer?: string,
): Promise<T[]> {
  for (const object of claims.release) await release(client, kind, owner, object, finalizer);
  if (claims.adopt.length > 0) await assertAlive(client, ownerKind, owner);
  const adopted = await Promise.all(
    claims.adopt.map((object) => adopt(client, kind, ownerKind, owner, object, finalizer)),
  );
  return [...claims.keep, ...adopted.filter((object) => object !== undefined)];
}

async function assertAlive<O extends KubeObject>(client: Client, kind: Kind<O>, owner: O): Promise<void> {
  const live = await client.get(kind, owner.metadata);
  if (live.metadata.uid === owner.metadata.uid && !live.metadata.deletionTimestamp) return;
  const what = `${kind.kind} ${owner.metadata.name} was replaced or is being deleted`;
  throw new ApiError(409, 'Conflict', `${what}: it cannot adopt anything`);
}

async function adopt<O extends KubeObject, T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  ownerKind: Kind<O>,
  owner: O,
  object: T,
  finalizer: string | undefined,
): Promise<T | undefined> {
  const references = [...(object.metadata.ownerReferences ?? []), controllerRef(owner, ownerKind)];
  const finalizers = finalizer && [...new Set(object.metadata.finalizers).add(finalizer)];
  return unlessGone(setOwners(client, kind, object, references, finalizers || undefined));
}

async function release<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  owner: KubeObject,
  object: T,
  finalizer: string | undefined,
): Promise<void> {
  const references = (object.metadata.ownerReferences ?? []).filter((ref) => ref.uid !== owner.metadata.uid);
  const { finalizers } = object.metadata;
  const left = finalizer ? finalizers?.filter((one) => one !== finalizer) : undefined;
  await unlessGone(setOwners(client, kind, object, references, left));
}

/** Replaces the owner references, and perhaps the finalizers, of exactly this version of the object. */
export function setOwners<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  object: T,
  references: NonNullable<T['metadata']['ownerReferences']>,
  finalizers?: string[],
): Promise<T> {
  const { uid, resourceVersion } = object.metadata;
  const ownerReferences = references.length > 0 ? references : null;
  const metadata = { uid, resourceVersion, ownerReferences, ...(finalizers && { finalizers }) };
  return client.patch(kind, object.metadata, 'merge', { metadata });
}
