import type { Pod } from '../api/core-v1/pod.ts';
import { gracePeriodOf } from './kill-pod.ts';
import { hasEnded, identityOf } from './pod-spec.ts';
import { PodWorker, type WorkerDependencies } from './pod-worker.ts';
import { emptyState, type PodState, type Runtime } from './runtime/runtime.ts';
import type { PodStatuses } from './status-writer.ts';

export interface PodWorkersOptions {
  readonly runtime: Runtime;
  /** What workers are made with; asked when the first one is. */
  readonly deps: () => WorkerDependencies;
}

/** The workers of all pods that a kubelet looks after, by uid. */
export class PodWorkers {
  readonly #options: PodWorkersOptions;
  #workers = new Map<string, PodWorker>();

  constructor(options: PodWorkersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#workers.size;
  }

  get(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  all(): PodWorker[] {
    return [...this.#workers.values()];
  }

  /** The pods that the node has taken and that are not over. */
  running(): Pod[] {
    return this.all()
      .filter((worker) => worker.admitted)
      .map((worker) => worker.pod);
  }

  /** Tells a pod's worker what the pod is now; makes one for a pod that is new. */
  update(pod: Pod, statuses?: PodStatuses): void {
    (this.#workers.get(pod.metadata.uid) ?? this.#make(pod, statuses)).update(pod);
  }

  /** The pod is gone from the API. */
  removed(uid: string): void {
    this.#workers.get(uid)?.removed();
  }

  /** Ends a pod that the API never had, in the time that it asks for. */
  end(uid: string): void {
    const worker = this.#workers.get(uid);
    worker?.removed(gracePeriodOf(worker.pod));
  }

  /** Nothing of the pod is left. */
  forget(uid: string): void {
    this.#workers.delete(uid);
  }

  wakeAll(): void {
    for (const worker of this.#workers.values()) worker.wake();
  }

  async stop(): Promise<void> {
    await Promise.all(this.all().map((worker) => worker.stop()));
  }

  /** Whether this node has taken the pod, be it by the kubelet before this one, and it is not over. */
  isHere(pod: Pod): boolean {
    if (hasEnded(pod.status?.phase)) return false;
    if (this.#workers.get(pod.metadata.uid)?.admitted) return true;
    return this.#options.runtime.pod(identityOf(pod)).sandboxes.length > 0;
  }

  /** The pods that a pod must find room beside, with what the node has given them. */
  othersThan({ metadata }: Pod, all: readonly Pod[]): Pod[] {
    const others = all.filter((one) => one.metadata.uid !== metadata.uid && this.isHere(one));
    return others.map((one) => this.#workers.get(one.metadata.uid)?.given ?? one);
  }

  /**
   * Ends what runs of pods that were deleted while no kubelet was here, and removes what is left of their files.
   * @param known the uids of the pods that there are
   * @param onDisk the uids of the pods that have files
   */
  endOrphans(known: ReadonlySet<string>, onDisk: readonly string[]): void {
    const states = new Map(this.#options.runtime.pods().map((state) => [state.uid, state]));
    for (const uid of new Set([...onDisk, ...states.keys()])) {
      if (known.has(uid) || this.#workers.has(uid)) continue;
      this.#make(orphan(states.get(uid) ?? emptyState({ uid, namespace: '', name: '' }))).removed();
    }
  }

  #make(pod: Pod, statuses?: PodStatuses): PodWorker {
    const deps = this.#options.deps();
    const worker = new PodWorker(statuses ? { ...deps, statuses } : deps, pod);
    this.#workers.set(pod.metadata.uid, worker);
    return worker;
  }
}

/** A pod that only the runtime knows. */
function orphan({ uid, namespace, name }: PodState): Pod {
  const metadata = { uid, namespace, name, resourceVersion: '', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] } };
}
