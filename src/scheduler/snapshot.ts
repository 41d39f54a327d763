import type { Node } from '../api/core-v1/node.ts';
import type { Pod } from '../api/core-v1/pod.ts';
import { NodeInfo } from './node-info.ts';
import { Nominations } from './nominations.ts';
import { podInfo, sameLabels, sameSpec, type PodInfo } from './pod-info.ts';
import { sameAllocation } from './resources.ts';

/** A pod that is counted on a node. */
export interface PlacedPod {
  readonly info: PodInfo;
  /** Its `node` is undefined while only pods speak of it. */
  readonly on: NodeInfo;
  /** Whether only we know so far. */
  assumed: boolean;
}

/**
 * The cluster as the scheduler knows it: nodes with the pods on them, those that the API reports and those that we have
 * just decided on (assumed). Choosing a node is synchronous, so the live state is the snapshot: nothing is copied.
 */
export class Snapshot {
  /** The pods that wait for a node they have been promised. */
  readonly nominations = new Nominations();
  readonly #nodes = new Map<string, NodeInfo>();
  /** The nodes that exist, in the order they came. */
  #existing: NodeInfo[] = [];
  /** By uid. */
  readonly #placed = new Map<string, PlacedPod>();
  readonly #byNamespace = new Map<string, Set<PlacedPod>>();
  readonly #withAffinity = new Set<PlacedPod>();
  readonly #withRequiredAntiAffinity = new Set<PlacedPod>();
  /** How many pods on nodes have each priority. */
  readonly #priorities = new Map<number, number>();
  /** On how many nodes each image is. */
  readonly #imageNodes = new Map<string, number>();

  get nodes(): readonly NodeInfo[] {
    return this.#existing;
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  /** The node, unless only pods speak of it. */
  existing(name: string): NodeInfo | undefined {
    const info = this.#nodes.get(name);
    return info?.node && info;
  }

  /** All pods that are counted on nodes. */
  get placed(): Iterable<PlacedPod> {
    return this.#placed.values();
  }

  /** Those in one namespace. */
  placedIn(namespace: string): Iterable<PlacedPod> {
    return this.#byNamespace.get(namespace) ?? none;
  }

  /** Those that want others near them or far from them, required or preferred. */
  get withAffinity(): ReadonlySet<PlacedPod> {
    return this.#withAffinity;
  }

  get withRequiredAntiAffinity(): ReadonlySet<PlacedPod> {
    return this.#withRequiredAntiAffinity;
  }

  /** Whether any pod on any node is less important. */
  hasLessImportant({ priority }: PodInfo): boolean {
    for (const other of this.#priorities.keys()) if (other < priority) return true;
    return false;
  }

  /** On how many nodes the image of this name is. */
  nodesWithImage(image: string): number {
    return this.#imageNodes.get(image) ?? 0;
  }

  setNode(node: Node): void {
    const info = this.#entry(node.metadata.name);
    if (!info.node) this.#existing.push(info);
    const before = info.images;
    info.setNode(node);
    if (before !== info.images) this.#countImages(before, info.images);
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (!info?.node) return;
    this.#countImages(info.images, new Map());
    info.unsetNode();
    this.#existing = this.#existing.filter((n) => n !== info);
    this.#dropIfEmpty(info);
  }

  /** Counts a pod on the node that the API says it is on, whatever was assumed before. */
  setPod(pod: Pod): void {
    const placed = this.#placed.get(pod.metadata.uid);
    if (placed && placed.on.name === pod.spec!.nodeName && confirms(placed, pod)) {
      placed.info.pod = pod; // what was assumed has come true, or only the status changed
      placed.assumed = false;
      return;
    }
    this.#place(podInfo(pod), pod.spec!.nodeName!, false);
  }

  /** Counts a pod on the node that was chosen for it, until the API confirms or `forget` takes it back. */
  assume(pod: PodInfo, nodeName: string): void {
    this.#place(pod, nodeName, true);
  }

  /** Takes back what was assumed; false when the API has confirmed it meanwhile. */
  forget(uid: string): boolean {
    return this.isAssumed(uid) && this.removePod(uid);
  }

  isAssumed(uid: string): boolean {
    return this.#placed.get(uid)?.assumed ?? false;
  }

  /** Returns whether the pod was counted anywhere. */
  removePod(uid: string): boolean {
    const placed = this.#placed.get(uid);
    if (!placed) return false;
    this.#placed.delete(uid);
    this.#unindex(placed);
    placed.on.removePod(uid);
    this.#dropIfEmpty(placed.on);
    return true;
  }

  #place(info: PodInfo, nodeName: string, assumed: boolean): void {
    this.removePod(info.uid);
    const on = this.#entry(nodeName);
    on.addPod(info);
    const placed = { info, on, assumed };
    this.#placed.set(info.uid, placed);
    this.#index(placed);
  }

  #index(placed: PlacedPod): void {
    const { namespace, affinity, priority } = placed.info;
    const others = this.#byNamespace.get(namespace);
    if (others) others.add(placed);
    else this.#byNamespace.set(namespace, new Set([placed]));
    this.#priorities.set(priority, (this.#priorities.get(priority) ?? 0) + 1);
    if (affinity) this.#withAffinity.add(placed);
    if (affinity && affinity.requiredAnti.length > 0) this.#withRequiredAntiAffinity.add(placed);
  }

  #unindex(placed: PlacedPod): void {
    const { namespace, priority } = placed.info;
    const ofPriority = this.#priorities.get(priority)! - 1;
    if (ofPriority > 0) this.#priorities.set(priority, ofPriority);
    else this.#priorities.delete(priority);
    const others = this.#byNamespace.get(namespace)!;
    others.delete(placed);
    if (others.size === 0) this.#byNamespace.delete(namespace);
    this.#withAffinity.delete(placed);
    this.#withRequiredAntiAffinity.delete(placed);
  }

  #entry(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (!info) this.#nodes.set(name, (info = new NodeInfo(name)));
    return info;
  }

  #dropIfEmpty(info: NodeInfo): void {
    if (!info.node && info.pods.size === 0) this.#nodes.delete(info.name);
  }

  #countImages(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
    for (const name of before.keys()) {
      const left = this.#imageNodes.get(name)! - 1;
      if (left > 0) this.#imageNodes.set(name, left);
      else this.#imageNodes.delete(name);
    }
    for (const name of after.keys()) this.#imageNodes.set(name, (this.#imageNodes.get(name) ?? 0) + 1);
  }
}

const none: readonly PlacedPod[] = [];

/** Whether the pod, as the API has it, is what was counted: binding itself changes the spec of an assumed pod. */
function confirms({ info, assumed }: PlacedPod, pod: Pod): boolean {
  return (assumed ? sameLabels(info.pod, pod) : sameSpec(info.pod, pod)) && sameAllocation(info.pod, pod);
}
