import type { Pod } from '../api/core-v1/pod.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import type { Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/events.ts';
import { beforeBinding, bind, postBind, reserve, unreserve } from './binding-cycle.ts';
import type { ClusterWatch } from './cluster-watch.ts';
import type { Cycle } from './cycle.ts';
import type { DecisionLog } from './decision-log.ts';
import { failureMessage, type Diagnosis, type Refusal } from './diagnosis.ts';
import type { Extender } from './extenders/extender.ts';
import { scheduleWithExtenders } from './extenders/schedule-with-extenders.ts';
import type { SchedulerMetrics } from './metrics.ts';
import type { PostFilterResult } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';
import { reportFailure } from './pod-report.ts';
import { postFilter } from './post-filter.ts';
import type { Profile } from './profile.ts';
import type { SchedulingQueue } from './queue.ts';
import type { QueuedPod } from './queued-pod.ts';
import { scheduleOne, type Decision, type Placement } from './schedule-one.ts';
import type { Snapshot } from './snapshot.ts';
import type { WorkLoop } from './work-loop.ts';

/** What attempts need. */
export interface AttemptParts {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly snapshot: Snapshot;
  readonly queue: SchedulingQueue;
  readonly watch: ClusterWatch;
  readonly loop: WorkLoop;
  readonly metrics: SchedulerMetrics;
  readonly decisions: DecisionLog;
  readonly extenders: readonly Extender[];
  readonly profileOf: (pod: Pod) => Profile;
  /** Who tells what has become of the pod. */
  readonly recorderFor: (pod: Pod) => EventRecorder;
  /** Ends what waits before binding. */
  readonly signal: AbortSignal;
}

/** The attempts to find pods a node: a decision, at once, and what follows of it, in the background. */
export class Attempts {
  readonly #parts: AttemptParts;
  readonly #position = { next: 0 };

  constructor(parts: AttemptParts) {
    this.#parts = parts;
  }

  /** Never throws. */
  attempt(queued: QueuedPod): void {
    const { info } = queued;
    const started = this.#parts.clock.monotonic();
    try {
      const profile = this.#parts.profileOf(info.pod);
      const extenders = this.#parts.extenders.filter(
        (one) => (one.filters || one.prioritizes) && one.isInterested(info),
      );
      if (extenders.length > 0) return this.#attemptWith(extenders, queued, profile, started);
      const { snapshot, random, metrics } = this.#parts;
      const decision = scheduleOne(info, snapshot, profile, random, this.#position, metrics);
      this.#decided(queued, decision, started);
    } catch (error) {
      this.#fail(queued, error, started);
    }
  }

  #attemptWith(extenders: readonly Extender[], queued: QueuedPod, profile: Profile, started: number): void {
    const { random, log, metrics } = this.#parts;
    const rest = { random, log, position: this.#position, times: metrics };
    const decision = scheduleWithExtenders(queued.info, this.#parts.snapshot, profile, extenders, rest);
    const end = (made: Decision) => {
      if (this.#parts.queue.get(queued.info.uid)) this.#decided(queued, made, started);
    };
    this.#await(queued, decision, end, started);
  }

  #decided(queued: QueuedPod, decision: Decision, started: number): void {
    const { cycle } = decision;
    if ('failure' in decision) this.#reject(queued, cycle, decision.failure, started);
    else this.#place(queued, cycle, decision.placement, started);
  }

  /** Counts the pod on its node at once, and tells the API in the background. */
  #place(queued: QueuedPod, cycle: Cycle, placement: Placement, started: number): void {
    const { node: chosen } = placement;
    this.#parts.decisions.placed(queued, this.#parts.snapshot.nodes.length, placement);
    this.#parts.snapshot.assume(queued.info, chosen.name);
    this.#parts.snapshot.nominations.delete(queued.info.uid);
    try {
      const refusal = reserve(cycle, chosen);
      if (!refusal) return this.#parts.loop.track(this.#bind(queued, cycle, chosen.name, started));
      this.#takeBack(queued.info);
      this.#refused(queued, cycle, chosen.name, refusal, started);
    } catch (error) {
      this.#takeBack(queued.info);
      throw error;
    }
  }

  async #bind(queued: QueuedPod, cycle: Cycle, nodeName: string, started: number): Promise<void> {
    const { info } = queued;
    try {
      const waiting = beforeBinding(cycle, nodeName, this.#parts.signal);
      const refusal = waiting && (await waiting);
      if (refusal) {
        unreserve(cycle, nodeName);
        this.#takeBack(info);
        return this.#refused(queued, cycle, nodeName, refusal, started);
      }
      this.#parts.queue.decided(queued);
      await this.#parts.loop.counted(bind(cycle, nodeName));
      this.#parts.queue.delete(info.uid);
      this.#parts.metrics.scheduled(cycle.profile, queued, started);
      this.#parts
        .recorderFor(info.pod)
        .event(info.pod, 'Normal', 'Scheduled', `Successfully assigned ${info.key} to ${nodeName}`);
      postBind(cycle, nodeName);
    } catch (error) {
      unreserve(cycle, nodeName);
      this.#takeBack(info);
      this.#fail(queued, error, started);
    }
  }

  /** The pod is not on its node after all. */
  #takeBack(info: PodInfo): void {
    if (!this.#parts.snapshot.forget(info.uid)) return;
    const { nominatedNodeName } = info.pod.status ?? {};
    if (nominatedNodeName && this.#parts.queue.get(info.uid))
      this.#parts.snapshot.nominations.set(info, nominatedNodeName);
    this.#parts.queue.happened({ name: 'AssignedPodDelete', object: info.pod });
  }

  /** A plugin refused the chosen node after all. */
  #refused(queued: QueuedPod, cycle: Cycle, nodeName: string, refusal: Refusal, started: number): void {
    const refusals = new Map([[nodeName, refusal]]);
    const diagnosis = { nodes: 1, refusals, plugins: new Set([refusal.plugin]) };
    this.#parts.metrics.unschedulable(cycle.profile, started);
    this.#rejected(queued, diagnosis, {});
  }

  /** The pod fits nowhere: plugins may make room for it. */
  #reject(queued: QueuedPod, cycle: Cycle, failure: Diagnosis, started: number): void {
    const result = failure.nodes === 0 ? {} : postFilter(cycle, failure);
    const end = (made: PostFilterResult) => {
      this.#parts.metrics.unschedulable(cycle.profile, started);
      this.#rejected(queued, failure, made);
    };
    if (result instanceof Promise) this.#await(queued, result, end, started);
    else end(result);
  }

  /** Takes no further pod until `result` is there. */
  #await<T>(queued: QueuedPod, result: Promise<T>, end: (result: T) => void, started: number): void {
    const alone = this.#parts.loop.alone(result);
    const wait = async () => {
      try {
        end(await alone); // what may be another wait
      } catch (error) {
        this.#fail(queued, error, started);
      }
    };
    this.#parts.loop.track(wait());
  }

  #rejected(queued: QueuedPod, diagnosis: Diagnosis, { nominatedNode, message }: PostFilterResult): void {
    const { info } = queued;
    if (nominatedNode) this.#parts.snapshot.nominations.set(info, nominatedNode);
    else if (nominatedNode === '') this.#parts.snapshot.nominations.delete(info.uid);
    if (!this.#parts.loop.running || !this.#parts.queue.get(info.uid)) return;
    this.#parts.queue.failed(queued, diagnosis.plugins);
    const text = failureMessage(diagnosis, message);
    this.#parts.decisions.failed(queued, diagnosis, text, nominatedNode);
    this.#report(info, 'Unschedulable', text, nominatedNode);
  }

  /** Something broke: the pod is tried again, unless it is gone or has a node. */
  #fail(queued: QueuedPod, error: unknown, started: number): void {
    const { info } = queued;
    if (!this.#parts.loop.running || !this.#parts.queue.get(info.uid)) return;
    if (isApiError(error, 'NotFound') && !this.#parts.watch.knows(info)) return void this.#parts.watch.forget(info.uid);
    this.#parts.metrics.error(this.#parts.profileOf(info.pod), started);
    this.#parts.queue.retry(queued);
    this.#parts.decisions.broke(queued, errorMessage(error));
    this.#parts.log.warn('scheduling failed', { pod: info.key, error: errorMessage(error) });
    this.#report(info, 'SchedulerError', errorMessage(error));
  }

  #report({ pod: about }: PodInfo, reason: string, message: string, nominatedNode?: string): void {
    this.#parts.recorderFor(about).event(about, 'Warning', 'FailedScheduling', message);
    const write = reportFailure(this.#parts, about, { reason, message, nominatedNode });
    if (write) this.#parts.loop.track(this.#parts.loop.counted(write));
  }
}
