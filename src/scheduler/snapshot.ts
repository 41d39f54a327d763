import type { Node } from '../api/core-v1/node.ts';
import type { Pod } from '../api/core-v1/pod.ts';
import { NodeInfo } from './node-info.ts';
import { Nominations } from './nominations.ts';
import { podInfo, sameSpec, type PodInfo } from './pod-info.ts';

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
  /** Where each pod is counted, by uid. */
  readonly #placed = new Map<string, { node: string; assumed: boolean }>();
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

  /** On how many nodes the image of this name is. */
  nodesWithImage(image: string): number {
    return this.#imageNodes.get(image) ?? 0;
  }

  setNode(node: Node): void {
    const info = this.#entry(node.metadata.name);
    if (!info.node) this.#existing.push(info);
    const before = info.images;
    info.setNode(node);
    this.#countImages(before, info.images);
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (!info?.node) return;
    this.#countImages(info.images, new Map());
    info.node = undefined;
    info.images = new Map();
    this.#existing = this.#existing.filter((n) => n !== info);
    this.#dropIfEmpty(info);
  }

  /** Counts a pod on the node that the API says it is on, whatever was assumed before. */
  setPod(pod: Pod): void {
    const { uid } = pod.metadata;
    const nodeName = pod.spec!.nodeName!;
    const placed = this.#placed.get(uid);
    const known = placed && this.#nodes.get(placed.node)?.pods.get(uid);
    if (known && placed.node === nodeName && (placed.assumed || sameSpec(known.pod, pod))) {
      known.pod = pod; // what was assumed has come true, or only the status changed
      placed.assumed = false;
      return;
    }
    this.#place(podInfo(pod), nodeName, false);
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
    const info = this.#nodes.get(placed.node)!;
    info.removePod(uid);
    this.#dropIfEmpty(info);
    return true;
  }

  #place(pod: PodInfo, nodeName: string, assumed: boolean): void {
    this.removePod(pod.uid);
    this.#entry(nodeName).addPod(pod);
    this.#placed.set(pod.uid, { node: nodeName, assumed });
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
