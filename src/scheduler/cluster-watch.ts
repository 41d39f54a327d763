import { node, type Node } from '../api/core-v1/node.ts';
import { pod, type Pod } from '../api/core-v1/pod.ts';
import type { Informer, Informers } from '../client/informer.ts';
import { nodeChanges } from './node-changes.ts';
import type { Plugin } from './plugin.ts';
import { assignedPodChanges } from './pod-changes.ts';
import { isFinished, podInfo, sameSpec, type PodInfo } from './pod-info.ts';
import type { SchedulingQueue } from './queue.ts';
import type { Snapshot } from './snapshot.ts';
import { watchResources } from './watched-resources.ts';

/** What of the cluster is kept where. */
export interface ClusterView {
  readonly snapshot: Snapshot;
  readonly queue: SchedulingQueue;
  readonly informers: Informers;
  /** Whether the pod is for this scheduler. */
  readonly isOurs: (pod: Pod) => boolean;
  /** All that take part in anything. */
  readonly plugins: ReadonlySet<Plugin>;
}

/** Keeps the snapshot and the queue as the API says, and tells the queue what has happened. */
export class ClusterWatch {
  readonly #view: ClusterView;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;

  constructor(view: ClusterView) {
    this.#view = view;
    this.#pods = view.informers.of(pod);
    this.#nodes = view.informers.of(node);
  }

  listen(): void {
    const { plugins, informers, queue } = this.#view;
    this.#listenToNodes();
    this.#pods.listen({
      added: (p) => this.#seen(p),
      updated: (p, old) => this.#seen(p, old),
      deleted: (p) => this.#gone(p),
    });
    watchResources(plugins, informers, (event) => queue.happened(event));
  }

  /** The pod no longer waits. Returns whether it did. */
  forget(uid: string): boolean {
    const { queue, snapshot } = this.#view;
    const waited = queue.get(uid) !== undefined;
    queue.delete(uid);
    snapshot.nominations.delete(uid);
    return waited;
  }

  /** Whether the API knows the pod, as far as we have heard. */
  knows({ key }: PodInfo): boolean {
    return this.#pods.get(key) !== undefined;
  }

  #listenToNodes(): void {
    const { queue, snapshot } = this.#view;
    this.#nodes.listen({
      added: (object) => {
        snapshot.setNode(object);
        queue.happened({ name: 'NodeAdd', object });
      },
      updated: (object, old) => {
        snapshot.setNode(object);
        queue.happened(...nodeChanges(object, old));
      },
      deleted: (object) => {
        snapshot.removeNode(object.metadata.name);
        queue.happened({ name: 'NodeDelete', object });
      },
    });
  }

  /** Puts a pod where its state says: on its node, into the queue, or nowhere. */
  #seen(p: Pod, old?: Pod): void {
    const { queue, snapshot, isOurs } = this.#view;
    if (isFinished(p)) return this.#gone(p);
    if (p.spec?.nodeName) return this.#seenOnNode(p, old);
    if (p.metadata.deletionTimestamp || !isOurs(p)) return this.#gone(p);
    const known = queue.get(p.metadata.uid);
    const same = known !== undefined && sameSpec(p, known.info.pod);
    const info = same ? { ...known.info, pod: p } : podInfo(p);
    this.#noteNomination(info, old);
    if (same) queue.refresh(info);
    else if (!snapshot.isAssumed(p.metadata.uid)) queue.put(info);
  }

  #seenOnNode(p: Pod, old: Pod | undefined): void {
    const { queue, snapshot } = this.#view;
    this.forget(p.metadata.uid);
    snapshot.setPod(p);
    if (old?.spec?.nodeName) queue.happened(...assignedPodChanges(p, old));
    else queue.happened({ name: 'AssignedPodAdd', object: p });
  }

  #gone(p: Pod): void {
    const { queue, snapshot } = this.#view;
    const waited = this.forget(p.metadata.uid);
    if (snapshot.removePod(p.metadata.uid)) queue.happened({ name: 'AssignedPodDelete', object: p });
    else if (waited) queue.happened({ name: 'UnscheduledPodDelete', object: p });
  }

  /** Keeps what the API says of promised nodes; what was promised here and is not yet told there stays. */
  #noteNomination(info: PodInfo, old: Pod | undefined): void {
    const { nominations } = this.#view.snapshot;
    const nodeName = info.pod.status?.nominatedNodeName;
    if (nodeName) nominations.set(info, nodeName);
    else if (old?.status?.nominatedNodeName) nominations.delete(info.uid);
  }
}
