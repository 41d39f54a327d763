import type { Kind } from '../../apimachinery/kind.ts';
import { parseApiVersion, type KubeObject, type ObjectName, type OwnerReference } from '../../apimachinery/object.ts';

export const orphanFinalizer = 'orphan';
export const foregroundFinalizer = 'foregroundDeletion';

/** What garbage collection knows of an object. */
export interface GraphNode {
  readonly uid: string;
  readonly kind: Kind;
  readonly name: ObjectName;
  readonly owners: readonly OwnerReference[];
  readonly deleting: boolean;
  readonly finalizers: readonly string[];
}

/** The node of an object. */
export function nodeOf(kind: Kind, { metadata }: KubeObject): GraphNode {
  const { uid, namespace, name, ownerReferences = [], finalizers = [], deletionTimestamp } = metadata;
  return {
    uid,
    kind,
    name: { namespace, name },
    owners: ownerReferences,
    finalizers,
    deleting: deletionTimestamp !== undefined,
  };
}

/** Whether the node is being deleted, but only after its dependents. */
export function waitsForDependents(node: Pick<GraphNode, 'deleting' | 'finalizers'>): boolean {
  return node.deleting && node.finalizers.includes(foregroundFinalizer);
}

/** Who owns whom, by uid. It tells with each change which objects are worth a look; it decides nothing. */
export class OwnerGraph {
  #nodes = new Map<string, GraphNode>();
  #dependents = new Map<string, Set<string>>();
  /** How many objects hold an owner that waits for its dependents: with thousands, counting them at each change is too slow. */
  #blockers = new Map<string, number>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  nodes(): IterableIterator<GraphNode> {
    return this.#nodes.values();
  }

  /** The objects that name `uid` as an owner. */
  dependentsOf(uid: string): GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].map((one) => this.#nodes.get(one)!);
  }

  /** Whether an object holds this owner until it is gone itself. */
  isBlocked(uid: string): boolean {
    return (this.#blockers.get(uid) ?? 0) > 0;
  }

  /** Takes in the newest state of an object. @returns the uids to look at */
  put(node: GraphNode): string[] {
    const old = this.#nodes.get(node.uid);
    if (old) this.#unlink(old);
    this.#nodes.set(node.uid, node);
    this.#link(node);
    return [...(this.needsLook(node) ? [node.uid] : []), ...this.#waitingOwners(old), ...this.#waitingOwners(node)];
  }

  /** Takes an object out. @returns the uids to look at */
  remove(uid: string): string[] {
    const old = this.#nodes.get(uid);
    if (!old) return [];
    this.#unlink(old);
    this.#nodes.delete(uid);
    return [...this.dependentsOf(uid).map((node) => node.uid), ...this.#waitingOwners(old)];
  }

  /** Whether there may be something to do about an object: an owner is missing, or a finalizer of ours waits. */
  needsLook(node: GraphNode): boolean {
    if (node.deleting) return waitsForDependents(node) || node.finalizers.includes(orphanFinalizer);
    return node.owners.some((reference) => {
      const owner = this.#nodes.get(reference.uid);
      return !owner || waitsForDependents(owner) || !isNamedBy(owner, reference, node);
    });
  }

  /** The owners of an object that wait, and that nothing holds any more. */
  #waitingOwners(node: GraphNode | undefined): string[] {
    const uids = (node?.owners ?? []).map(({ uid }) => uid);
    return uids.filter((uid) => {
      const owner = this.#nodes.get(uid);
      return owner !== undefined && waitsForDependents(owner) && !this.isBlocked(uid);
    });
  }

  #link(node: GraphNode): void {
    for (const { uid } of node.owners) {
      const dependents = this.#dependents.get(uid) ?? new Set();
      this.#dependents.set(uid, dependents.add(node.uid));
    }
    for (const uid of blocked(node)) this.#blockers.set(uid, (this.#blockers.get(uid) ?? 0) + 1);
  }

  #unlink(node: GraphNode): void {
    for (const { uid } of node.owners) {
      const dependents = this.#dependents.get(uid);
      dependents?.delete(node.uid);
      if (dependents?.size === 0) this.#dependents.delete(uid);
    }
    for (const uid of blocked(node)) {
      const left = this.#blockers.get(uid)! - 1;
      if (left > 0) this.#blockers.set(uid, left);
      else this.#blockers.delete(uid);
    }
  }
}

/** Whether a node names the owner as one that must wait for it. */
export function blocks(node: GraphNode, owner: string): boolean {
  return node.owners.some(({ uid, blockOwnerDeletion }) => uid === owner && blockOwnerDeletion === true);
}

function blocked(node: GraphNode): Set<string> {
  return new Set(node.owners.flatMap(({ uid, blockOwnerDeletion }) => (blockOwnerDeletion ? [uid] : [])));
}

/** Whether a reference from `dependent` names the owner rightly: kind, name, and a namespace that it can reach. */
function isNamedBy(owner: GraphNode, reference: OwnerReference, dependent: GraphNode): boolean {
  const { group } = parseApiVersion(reference.apiVersion);
  if (group !== owner.kind.group || reference.kind !== owner.kind.kind || reference.name !== owner.name.name)
    return false;
  return !owner.kind.namespaced || owner.name.namespace === dependent.name.namespace;
}
