import type { Node, Taint } from '../api/core-v1/node.ts';
import { ANY_ADDRESS, portsConflict, type HostPort } from './host-ports.ts';
import type { PodInfo } from './pod-info.ts';
import { addResources, noResources, resourcesOf, type Resources } from './resources.ts';
import { quantityValue } from '../apimachinery/quantity.ts';

/** A node with the sums over its pods, kept current pod by pod. */
export class NodeInfo {
  readonly name: string;
  /** Undefined while only pods speak of it. */
  node: Node | undefined;
  readonly pods = new Map<string, PodInfo>();
  /** Without a prototype: any key may be asked for, `constructor` too. */
  labels: Readonly<Record<string, string>> = {};
  allocatable: Resources = noResources();
  allocatablePods = 0;
  taints: readonly Taint[] = [];
  /** Whether one of the taints only makes the node less welcome. */
  hasSoftTaints = false;
  unschedulable = false;
  /** Sizes in bytes by every name of the images that are there. */
  images: ReadonlyMap<string, number> = new Map();
  readonly requested = noResources();
  /** Sums of the requests with stand-ins, for scoring. */
  readonly scoringRequested = noResources();
  /** How many pods hold each port. */
  readonly #ports = new Map<string, { readonly port: HostPort; count: number }>();

  constructor(name: string) {
    this.name = name;
  }

  setNode(node: Node): void {
    this.node = node;
    this.labels = Object.assign(Object.create(null), node.metadata.labels);
    this.allocatable = resourcesOf(node.status?.allocatable);
    this.allocatablePods = quantityValue(node.status?.allocatable?.['pods']);
    this.taints = node.spec?.taints ?? [];
    this.hasSoftTaints = this.taints.some(({ effect }) => effect === 'PreferNoSchedule');
    this.unschedulable = node.spec?.unschedulable ?? false;
    this.images = imagesOf(node);
  }

  /** The node is gone; its pods may not be yet. */
  unsetNode(): void {
    this.node = undefined;
    this.labels = {};
    this.images = new Map();
  }

  addPod(pod: PodInfo): void {
    this.removePod(pod.uid);
    this.pods.set(pod.uid, pod);
    this.#count(pod, 1);
  }

  /** Returns what was removed. */
  removePod(uid: string): PodInfo | undefined {
    const pod = this.pods.get(uid);
    if (!pod) return undefined;
    this.pods.delete(uid);
    this.#count(pod, -1);
    return pod;
  }

  /** A copy whose pods can be changed without changing this one's. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.name);
    copy.node = this.node;
    copy.labels = this.labels;
    copy.allocatable = this.allocatable;
    copy.allocatablePods = this.allocatablePods;
    copy.taints = this.taints;
    copy.hasSoftTaints = this.hasSoftTaints;
    copy.unschedulable = this.unschedulable;
    copy.images = this.images;
    for (const [uid, pod] of this.pods) copy.pods.set(uid, pod);
    addResources(copy.requested, this.requested);
    addResources(copy.scoringRequested, this.scoringRequested);
    for (const [key, entry] of this.#ports) copy.#ports.set(key, { ...entry });
    return copy;
  }

  /** Whether one of the pods has taken `wanted`: the same port of the same address, where 0.0.0.0 is every address. */
  portTaken(wanted: HostPort): boolean {
    if (this.#ports.size === 0) return false;
    if (wanted.ip !== ANY_ADDRESS)
      return this.#ports.has(portKey(wanted)) || this.#ports.has(portKey({ ...wanted, ip: ANY_ADDRESS }));
    for (const { port } of this.#ports.values()) {
      if (portsConflict(wanted, port)) return true;
    }
    return false;
  }

  #count(pod: PodInfo, sign: 1 | -1): void {
    addResources(this.requested, pod.requests, sign);
    addResources(this.scoringRequested, pod.scoring, sign);
    for (const port of pod.ports) {
      const key = portKey(port);
      const entry = this.#ports.get(key) ?? { port, count: 0 };
      entry.count += sign;
      if (entry.count > 0) this.#ports.set(key, entry);
      else this.#ports.delete(key);
    }
  }
}

function portKey(port: HostPort): string {
  return `${port.protocol}/${port.port}/${port.ip}`;
}

function imagesOf(node: Node): Map<string, number> {
  const images = new Map<string, number>();
  for (const { names, sizeBytes } of node.status?.images ?? []) {
    for (const name of names ?? []) images.set(name, sizeBytes ?? 0);
  }
  return images;
}
