import type { Pod } from '../../api/core-v1/pod.ts';
import type { EventRecorder } from '../../client/events.ts';
import { errorMessage } from '../../base/log.ts';
import type { PodCgroups } from '../cgroups/pod-cgroups.ts';
import { containerResources } from '../containers/resources.ts';
import { identityOf } from '../pod-spec.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { allocationOf, isAllocated, reportedAllocation, withAllocation, type Allocation } from './allocation.ts';
import type { ResizeDecision } from './decision.ts';
import { outdatedContainers } from './difference.ts';

export interface ResizeDependencies {
  readonly runtime: Runtime;
  readonly events: EventRecorder;
  readonly cgroups: () => PodCgroups | undefined;
  readonly resizeDecision: (pod: Pod) => ResizeDecision;
}

/** What the pod's conditions tell of a change of its resources. */
export interface ResizeStatus {
  readonly pending?: { readonly reason: string; readonly message: string } | undefined;
  readonly inProgress: boolean;
  readonly error?: string | undefined;
}

/** Changes the resources of one pod while it runs: https://kep.k8s.io/1287. */
export class PodResize {
  readonly #deps: ResizeDependencies;
  #allocation: Allocation | undefined;
  #pending: ResizeStatus['pending'];
  #error: string | undefined;
  #started = false;

  constructor(deps: ResizeDependencies) {
    this.#deps = deps;
  }

  /** The pod with what the node gave it, which is all that it runs by. */
  view(pod: Pod): Pod {
    return this.#allocation ? withAllocation(pod, this.#allocation) : pod;
  }

  /** Whether the pod waits for what the node cannot give it now. */
  get waits(): boolean {
    return this.#pending?.reason === 'Deferred';
  }

  status(pod: Pod): ResizeStatus {
    const outdated = this.#allocation
      ? outdatedContainers(this.view(pod), this.#deps.runtime.pod(identityOf(pod)))
      : [];
    return { pending: this.#pending, inProgress: outdated.length > 0, error: this.#error };
  }

  /** Gives an admitted pod what it asks for, if the node can. @param fresh whether this kubelet has admitted it just now */
  allocate(pod: Pod, fresh: boolean): void {
    this.#allocation ??= fresh ? allocationOf(pod) : reportedAllocation(pod);
    if (isAllocated(pod, this.#allocation)) return void (this.#pending = undefined);
    const decision = this.#deps.resizeDecision(pod);
    if (!decision.accepted) return this.#wait(pod, decision);
    this.#allocation = allocationOf(pod);
    this.#pending = undefined;
    this.#started = true;
    this.#deps.events.event(pod, 'Normal', 'ResizeStarted', 'Pod resize started');
  }

  /** Gives running containers their new limits. @returns whether that is done or needs no more of us */
  async apply(pod: Pod): Promise<boolean> {
    const { runtime, events, cgroups } = this.#deps;
    const outdated = outdatedContainers(pod, runtime.pod(identityOf(pod)));
    if (outdated.length > 0 || this.#started) {
      try {
        // The pod's own limits must never be below those of its containers: they grow first and shrink last.
        await cgroups()?.ensure(pod);
        for (const { container, run, restart } of outdated) {
          if (!restart) await runtime.updateResources(run.id, containerResources(container));
        }
        await cgroups()?.ensure(pod);
      } catch (error) {
        if (this.#error === undefined)
          events.event(pod, 'Warning', 'ResizeError', `Pod resize error: ${errorMessage(error)}`);
        this.#error = errorMessage(error);
        return false;
      }
    }
    this.#error = undefined;
    if (this.#started && outdatedContainers(pod, runtime.pod(identityOf(pod))).length === 0) {
      this.#started = false;
      events.event(pod, 'Normal', 'ResizeCompleted', 'Pod resize completed');
    }
    return true;
  }

  #wait(pod: Pod, { reason, message }: { reason: string; message: string }): void {
    if (this.#pending?.reason !== reason || this.#pending.message !== message)
      this.#deps.events.event(pod, 'Warning', `Resize${reason}`, `Pod resize ${reason}: ${message}`);
    this.#pending = { reason, message };
  }
}
