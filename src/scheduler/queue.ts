import type { Clock, Timer } from '../base/clock.ts';
import { Heap } from '../base/heap.ts';
import type { ClusterEvent } from './cluster-event.ts';
import { InFlight } from './in-flight.ts';
import type { Plugin } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';
import { newQueuedPod, partOf, type Cause, type QueuedPod, type QueuePart, type State } from './queued-pod.ts';
import { helps, WakeIndex } from './wake-index.ts';

/** Milliseconds that a pod waits after its first failure, doubled with each further one, and the most. */
export const FIRST_BACKOFF = 1_000;
export const LONGEST_BACKOFF = 10_000;
/** A pod that nothing woke for so many milliseconds is tried again all the same. */
const FORGOTTEN_AFTER = 5 * 60_000;
const LOOK_FOR_FORGOTTEN = 30_000;
/** With nothing else to do, and no more pods than this in back-off, one that was woken is tried before its time. */
const FEW = 100;

interface Item {
  readonly pod: QueuedPod;
  readonly ticket: number;
}

export interface QueueOptions {
  readonly clock: Clock;
  /** Negative when `a` is to be tried first. */
  readonly compare: (a: PodInfo, b: PodInfo) => number;
  /** The plugin that does not let the pod be tried. */
  readonly gate: (pod: PodInfo) => Plugin | undefined;
  /** Called when there is something to take. */
  readonly onActive: () => void;
  /** Milliseconds, default 1,000 and 10,000. */
  readonly backoff?: { readonly first: number; readonly longest: number } | undefined;
  /** Told of every pod that comes into a part. */
  readonly onIncoming?: (part: QueuePart, cause: Cause) => void;
}

/**
 * The pods that wait for a node, in three parts: those to be tried now, by priority; those that wait for the end of
 * their back-off; and those that wait for the cluster to change in a way that could make them fit. What happens while a
 * pod is being tried is remembered, and counts when it fails.
 */
export class SchedulingQueue {
  readonly #options: QueueOptions;
  readonly #pods = new Map<string, QueuedPod>();
  /** Those that wait for something to happen. */
  readonly #waiting = new WakeIndex();
  readonly #inFlight = new InFlight();
  readonly #active: Heap<Item>;
  readonly #backoff: Heap<Item>;
  readonly #errorBackoff: Heap<Item>;
  #timer: { at: number; timer: Timer } | undefined;
  /** Set while pods wait that nothing may ever wake. */
  #sweep: Timer | undefined;
  #tickets = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
    const compare = options.compare;
    this.#active = new Heap((a, b) => (compare(a.pod.info, b.pod.info) || a.ticket - b.ticket) < 0);
    this.#backoff = new Heap((a, b) => a.pod.backoffUntil < b.pod.backoffUntil);
    this.#errorBackoff = new Heap((a, b) => a.pod.backoffUntil < b.pod.backoffUntil);
  }

  /** How many pods wait, in whatever part. */
  get size(): number {
    return this.#pods.size;
  }

  get(uid: string): QueuedPod | undefined {
    return this.#pods.get(uid);
  }

  /** How many pods are in each part; those being tried are in none. */
  counts(): Record<QueuePart, number> {
    const counts = { active: 0, backoff: 0, unschedulable: 0, gated: 0 };
    for (const { state } of this.#pods.values()) {
      const part = partOf(state);
      if (part) counts[part]++;
    }
    return counts;
  }

  /** Takes in a new pod, or what has become of one that is here: a change may have made it schedulable. */
  put(info: PodInfo): void {
    const known = this.#pods.get(info.uid);
    if (!known) return this.#new(info);
    known.info = info;
    if (known.state === 'taken') known.changed = true;
    else if (known.state !== 'active') this.#wake(known, 'UnscheduledPodUpdate');
    else if (this.#options.gate(info)) this.#wake(known, 'UnscheduledPodUpdate');
  }

  /** Replaces a pod's object when nothing that matters to scheduling has changed. */
  refresh(info: PodInfo): void {
    const known = this.#pods.get(info.uid);
    if (known) known.info = info;
  }

  /** Forgets a pod: it is gone, or it has a node. */
  delete(uid: string): void {
    const pod = this.#pods.get(uid);
    if (!pod) return;
    this.#pods.delete(uid);
    this.#leave(pod);
  }

  /** The next pod to try; `delete`, `failed` or `retry` must follow. */
  take(): QueuedPod | undefined {
    const pod = this.#pop(this.#active, 'active') ?? this.#early();
    if (!pod) return undefined;
    this.#enter(pod, 'taken');
    this.#inFlight.add(pod);
    pod.changed = false;
    pod.attempts++;
    pod.firstTried ??= pod.since;
    return pod;
  }

  /** A node was found that no plugin can refuse any more: what happens from now on is not kept for the pod. */
  decided(pod: QueuedPod): void {
    this.#inFlight.delete(pod);
  }

  /** The pod fits nowhere: it waits for what could help those who rejected it. */
  failed(pod: QueuedPod, rejectedBy: ReadonlySet<Plugin>): void {
    if (!this.#holds(pod)) return;
    pod.rejectedBy = rejectedBy;
    this.#startBackoff(pod);
    const cause = this.#news(pod);
    if (cause) this.#wake(pod, cause);
    else this.#enter(pod, 'unschedulable', 'ScheduleAttemptFailure');
  }

  /** Something went wrong that has nothing to do with the pod: it is tried again after its back-off. */
  retry(pod: QueuedPod): void {
    if (!this.#holds(pod)) return;
    this.#startBackoff(pod);
    if (!this.#gated(pod)) this.#enter(pod, 'error-backoff', 'ScheduleAttemptFailure');
  }

  /** The cluster has changed: pods that this could help are tried again. */
  happened(...events: ClusterEvent[]): void {
    for (const event of events) {
      this.#inFlight.happened(event);
      for (const pod of this.#waiting.wokenBy(event)) this.#wake(pod, event.name);
    }
  }

  /** Has a pod tried as soon as possible, whatever it waits for; no-op when it is being tried, or gated. */
  activate(uid: string): void {
    const pod = this.#pods.get(uid);
    if (!pod || pod.state === 'taken' || pod.state === 'active' || this.#gated(pod)) return;
    this.#enter(pod, 'active', 'ForceActivate');
  }

  close(): void {
    this.#sweep?.cancel();
    this.#timer?.timer.cancel();
    this.#pods.clear();
    this.#waiting.clear();
  }

  #new(info: PodInfo): void {
    const pod = newQueuedPod(info);
    this.#pods.set(info.uid, pod);
    this.#wake(pod, 'UnscheduledPodAdd');
  }

  /** What happened while the pod was tried that could help it. */
  #news(pod: QueuedPod): Cause | undefined {
    if (pod.changed) return 'UnscheduledPodUpdate';
    const news = this.#inFlight.newsTo(pod);
    return news ? news.find((event) => helps(pod, event))?.name : 'ScheduleAttemptFailure';
  }

  #early(): QueuedPod | undefined {
    return this.#backoff.size > FEW ? undefined : this.#pop(this.#backoff, 'backoff');
  }

  #pop(heap: Heap<Item>, state: State): QueuedPod | undefined {
    for (let item = heap.pop(); item; item = heap.pop()) if (this.#valid(item, state)) return item.pod;
    return undefined;
  }

  #holds(pod: QueuedPod): boolean {
    return this.#pods.get(pod.info.uid) === pod;
  }

  #valid({ pod, ticket }: Item, state: State): boolean {
    return pod.state === state && pod.ticket === ticket && this.#holds(pod);
  }

  /** To the active part, or where it has to wait first. */
  #wake(pod: QueuedPod, cause: Cause): void {
    if (this.#gated(pod)) return;
    const waits = pod.backoffUntil > this.#options.clock.monotonic();
    this.#enter(pod, waits ? 'backoff' : 'active', cause);
  }

  /** Puts the pod away if a plugin does not let it be tried. */
  #gated(pod: QueuedPod): boolean {
    const gate = this.#options.gate(pod.info);
    if (!gate) return false;
    pod.rejectedBy = new Set([gate]);
    this.#enter(pod, 'gated', 'UnscheduledPodAdd');
    return true;
  }

  #enter(pod: QueuedPod, state: State, cause?: Cause): void {
    this.#leave(pod);
    pod.state = state;
    pod.since = this.#options.clock.monotonic();
    pod.ticket = ++this.#tickets;
    this.#heapOf(state)?.push({ pod, ticket: pod.ticket });
    if (state === 'unschedulable' || state === 'gated') this.#waiting.add(pod);
    if (state === 'unschedulable') this.#armSweep();
    const part = partOf(state);
    if (part && cause) this.#options.onIncoming?.(part, cause);
    if (state === 'active' || state === 'backoff') this.#options.onActive();
    if (state === 'backoff' || state === 'error-backoff') this.#arm(pod.backoffUntil);
  }

  /** Takes the pod out of the indexes of its present state. */
  #leave(pod: QueuedPod): void {
    this.#waiting.delete(pod);
    this.#inFlight.delete(pod);
  }

  #heapOf(state: State): Heap<Item> | undefined {
    if (state === 'active') return this.#active;
    if (state === 'backoff') return this.#backoff;
    return state === 'error-backoff' ? this.#errorBackoff : undefined;
  }

  #startBackoff(pod: QueuedPod): void {
    const { clock, backoff: { first, longest } = { first: FIRST_BACKOFF, longest: LONGEST_BACKOFF } } = this.#options;
    const delay = Math.min(longest, first * 2 ** Math.min(pod.attempts - 1, 20));
    pod.backoffUntil = clock.monotonic() + delay;
  }

  /** Has the end of the earliest back-off noticed. */
  #arm(at: number): void {
    if (this.#timer && this.#timer.at <= at) return;
    this.#timer?.timer.cancel();
    const { clock } = this.#options;
    const timer = clock.after(Math.max(0, Math.ceil(at - clock.monotonic())), () => {
      this.#timer = undefined;
      this.#endBackoffs(this.#backoff, 'backoff');
      this.#endBackoffs(this.#errorBackoff, 'error-backoff');
    });
    this.#timer = { at, timer };
  }

  #endBackoffs(heap: Heap<Item>, state: State): void {
    const now = this.#options.clock.monotonic();
    for (let item = heap.peek(); item; item = heap.peek()) {
      if (!this.#valid(item, state)) heap.pop();
      else if (item.pod.backoffUntil > now) return this.#arm(item.pod.backoffUntil);
      else {
        heap.pop();
        this.#enter(item.pod, 'active', 'BackoffComplete');
      }
    }
  }

  #armSweep(): void {
    this.#sweep ??= this.#options.clock.after(LOOK_FOR_FORGOTTEN, () => {
      this.#sweep = undefined;
      this.#wakeForgotten();
    });
  }

  #wakeForgotten(): void {
    const before = this.#options.clock.monotonic() - FORGOTTEN_AFTER;
    for (const pod of this.#pods.values()) {
      if (pod.state !== 'unschedulable') continue;
      if (pod.since <= before) this.#wake(pod, 'UnschedulableTimeout');
      else this.#armSweep();
    }
  }
}
