import { isApiError } from '../../apimachinery/api-error.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import { parseApiVersion, type KubeObject, type OwnerReference } from '../../apimachinery/object.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/events.ts';
import { setOwners } from '../claim.ts';
import {
  foregroundFinalizer,
  nodeOf,
  orphanFinalizer,
  waitsForDependents,
  type GraphNode,
  type OwnerGraph,
} from './graph.ts';
import { planCollection, type OwnerState } from './plan.ts';

/** What collecting works with. */
export interface Collection {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly graph: OwnerGraph;
  /** The kind that an owner reference names, in whatever version we know it. */
  readonly kindOf: (group: string, kind: string) => Kind | undefined;
  /** Has another object looked at. */
  readonly look: (uid: string) => void;
}

/** Looks at one object as it is on the server now, and does what is due. @throws ApiError Conflict when it changes meanwhile */
export async function collect(uid: string, collection: Collection): Promise<void> {
  const { client, graph } = collection;
  const node = graph.get(uid);
  if (!node) return undefined;
  const object = await client.find(node.kind, node.name);
  if (!object || object.metadata.uid !== uid) return undefined;
  const live = nodeOf(node.kind, object);
  if (live.deleting && live.finalizers.includes(orphanFinalizer)) return orphanDependents(live, object, collection);
  if (waitsForDependents(live)) return awaitDependents(live, object, collection);
  if (live.deleting || live.owners.length === 0) return undefined;
  return removeIfUnowned(live, object, collection);
}

/** Strikes a deleted owner from the lists of its dependents, and lets it go. */
async function orphanDependents(node: GraphNode, object: KubeObject, collection: Collection): Promise<void> {
  const { client, graph } = collection;
  for (const dependent of graph.dependentsOf(node.uid)) {
    const current = await client.find(dependent.kind, dependent.name);
    if (!current || current.metadata.uid !== dependent.uid) continue;
    const kept = (current.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== node.uid);
    await unlessGone(setOwners(client, dependent.kind, current, kept));
  }
  await removeFinalizer(client, node.kind, object, orphanFinalizer);
}

/** Lets an owner go when no dependent blocks it any more; until then has the dependents looked at. */
async function awaitDependents(node: GraphNode, object: KubeObject, collection: Collection): Promise<void> {
  const { client, graph, look } = collection;
  const dependents = graph.dependentsOf(node.uid);
  const blocks = (one: GraphNode) => one.owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion);
  if (!dependents.some(blocks)) return removeFinalizer(client, node.kind, object, foregroundFinalizer);
  for (const dependent of dependents) if (!dependent.deleting) look(dependent.uid);
}

async function removeFinalizer(client: Client, kind: Kind, { metadata }: KubeObject, finalizer: string): Promise<void> {
  const { uid, resourceVersion } = metadata;
  const finalizers = (metadata.finalizers ?? []).filter((name) => name !== finalizer);
  await unlessGone(client.patch(kind, metadata, 'merge', { metadata: { uid, resourceVersion, finalizers } }));
}

async function removeIfUnowned(node: GraphNode, object: KubeObject, collection: Collection): Promise<void> {
  const { client, graph } = collection;
  const states = await Promise.all(node.owners.map((owner) => ownerState(owner, node, object, collection)));
  const dependents = graph.dependentsOf(node.uid);
  const action = planCollection(object, states, {
    any: dependents.length > 0,
    waiting: dependents.some(waitsForDependents),
  });
  if (action.do === 'setOwners') await unlessGone(setOwners(client, node.kind, object, action.owners));
  if (action.do !== 'delete') return;
  const current = action.unblock ? await unblock(client, node.kind, object) : object;
  if (!current) return;
  const { uid, resourceVersion } = current.metadata;
  const preconditions = { uid, resourceVersion };
  await unlessGone(client.delete(node.kind, node.name, { propagationPolicy: action.propagation, preconditions }));
}

/** Breaks a circle of objects that wait for each other: this one no longer holds its owners. */
function unblock(client: Client, kind: Kind, object: KubeObject): Promise<KubeObject | undefined> {
  const owners = (object.metadata.ownerReferences ?? []).map((owner) => ({ ...owner, blockOwnerDeletion: false }));
  return unlessGone(setOwners(client, kind, object, owners));
}

/** Asks the server: the local copy may not show an owner yet, or not any more. */
async function ownerState(
  owner: OwnerReference,
  node: GraphNode,
  object: KubeObject,
  { client, events, kindOf }: Collection,
): Promise<OwnerState> {
  const kind = kindOf(parseApiVersion(owner.apiVersion).group, owner.kind);
  if (!kind) return 'unreachable';
  const { namespace } = node.name;
  if (kind.namespaced && !namespace) {
    reportNamespace(owner, object, `is namespace-scoped and this object is not`, events);
    return 'unreachable';
  }
  const found = await client.find(kind, { namespace: kind.namespaced ? namespace : undefined, name: owner.name });
  if (!found || found.metadata.uid !== owner.uid) return 'absent';
  return waitsForDependents(nodeOf(kind, found)) ? 'waiting' : 'solid';
}

function reportNamespace(owner: OwnerReference, object: KubeObject, why: string, events: EventRecorder): void {
  const what = `ownerRef [${owner.apiVersion}/${owner.kind}, name: ${owner.name}, uid: ${owner.uid}]`;
  events.event(object, 'Warning', 'OwnerRefInvalidNamespace', `${what} ${why}`);
}

async function unlessGone<T>(change: Promise<T>): Promise<T | undefined> {
  try {
    return await change;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  }
}
