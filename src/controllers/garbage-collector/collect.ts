import type { Kind } from '../../apimachinery/kind.ts';
import { parseApiVersion, type KubeObject, type OwnerReference } from '../../apimachinery/object.ts';
import { nextTurn } from '../../base/turn.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/events.ts';
import { setOwners } from '../claim.ts';
import {
  blocks,
  foregroundFinalizer,
  nodeOf,
  orphanFinalizer,
  waitsForDependents,
  type GraphNode,
  type OwnerGraph,
} from './graph.ts';
import { planCollection, type OwnerState } from './plan.ts';
import { unlessGone } from '../unless-gone.ts';

/** How many dependents are written at once. */
const AT_ONCE = 20;
/** How many absent owners are remembered; upstream's figure. */
const ABSENT = 500;

/**
 * Owners that the server does not have. No uid is ever given twice, so they never come; the thousand dependents of one
 * that has gone need not ask a thousand times.
 */
export class AbsentOwners {
  readonly #keys = new Set<string>();

  has(owner: OwnerReference, namespace: string): boolean {
    return this.#keys.has(keyOf(owner, namespace));
  }

  add(owner: OwnerReference, namespace: string): void {
    this.#keys.add(keyOf(owner, namespace));
    if (this.#keys.size > ABSENT) this.#keys.delete(this.#keys.values().next().value!);
  }
}

function keyOf({ apiVersion, kind, name, uid }: OwnerReference, namespace: string): string {
  return [apiVersion, kind, namespace, name, uid].join('\0');
}

/** What collecting works with. */
export interface Collection {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly graph: OwnerGraph;
  /** The kind that an owner reference names, in whatever version we know it. */
  readonly kindOf: (group: string, kind: string) => Kind | undefined;
  /** Owners that were looked for and are not there. */
  readonly absent: AbsentOwners;
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
  const dependents = graph.dependentsOf(node.uid);
  for (let at = 0; at < dependents.length; at += AT_ONCE) {
    const some = dependents.slice(at, at + AT_ONCE);
    await Promise.all(some.map((dependent) => strike(node.uid, dependent, client)));
    await nextTurn();
  }
  await removeFinalizer(client, node.kind, object, orphanFinalizer);
}

/** Takes one owner from the list of a dependent, if it is there. */
async function strike(owner: string, dependent: GraphNode, client: Client): Promise<void> {
  const current = await client.find(dependent.kind, dependent.name);
  if (!current || current.metadata.uid !== dependent.uid) return;
  const owners = current.metadata.ownerReferences ?? [];
  const kept = owners.filter(({ uid }) => uid !== owner);
  if (kept.length < owners.length) await unlessGone(setOwners(client, dependent.kind, current, kept));
}

/** Lets an owner go when no dependent blocks it any more; until then has the dependents looked at. */
async function awaitDependents(node: GraphNode, object: KubeObject, collection: Collection): Promise<void> {
  const { client, graph, look } = collection;
  if (!graph.isBlocked(node.uid)) return removeFinalizer(client, node.kind, object, foregroundFinalizer);
  const blocking = graph.dependentsOf(node.uid).filter((dependent) => blocks(dependent, node.uid));
  for (const dependent of blocking) if (!dependent.deleting) look(dependent.uid);
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
  { client, events, graph, kindOf, absent }: Collection,
): Promise<OwnerState> {
  const kind = kindOf(parseApiVersion(owner.apiVersion).group, owner.kind);
  if (!kind) return 'unreachable';
  const { namespace = '' } = node.name;
  const known = graph.get(owner.uid);
  if (known?.kind.namespaced && known.name.namespace !== namespace) reportNamespace(owner, object, namespace, events);
  // A namespaced owner of a cluster-scoped object could be in any namespace, so nothing proves that it is gone.
  if (kind.namespaced && !namespace) return 'unreachable';
  if (absent.has(owner, namespace)) return 'absent';
  const found = await client.find(kind, { ...(kind.namespaced && { namespace }), name: owner.name });
  if (found?.metadata.uid === owner.uid) return waitsForDependents(nodeOf(kind, found)) ? 'waiting' : 'solid';
  absent.add(owner, namespace);
  return 'absent';
}

function reportNamespace(owner: OwnerReference, object: KubeObject, namespace: string, events: EventRecorder): void {
  const { apiVersion, kind, name, uid } = owner;
  const what = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
  const message = `ownerRef ${what} does not exist in namespace "${namespace}"`;
  events.event(object, 'Warning', 'OwnerRefInvalidNamespace', message);
}
