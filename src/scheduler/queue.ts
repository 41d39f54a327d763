import type { Clock, Timer } from '../base/clock.ts';
import type { ClusterEvent, EventName, Wake } from './cluster-event.ts';
import { EventLog } from './event-log.ts';
import { Heap } from './heap.ts';
import type { Plugin } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';

/** Milliseconds that a pod waits after its first failure, doubled with each further one, and the most. */
export const FIRST_BACKOFF = 1_000;
export const LONGEST_BACKOFF = 10_000;
/** A pod that nothing woke for so many milliseconds is tried again all the same. */
const FORGOTTEN_AFTER = 5 * 60_000;
const LOOK_FOR_FORGOTTEN = 30_000;
/** With nothing else to do, and no more pods than this in back-off, one that was woken is tried before its time. */
const FEW = 100;

type State =
  /** To be tried as soon as possible. */
  | 'active'
  /** Woken; to be tried when its back-off is over, or there is nothing else to do. */
  | 'backoff'
  /** To be tried when its back-off is over: something broke, and must not be hammered. */
  | 'error-backoff'
  /** To be tried when something happens that could help. */
  | 'unschedulable'
  /** A plugin does not let it be tried. */
  | 'gated'
  /** Being tried, or bound. */
  | 'taken';

/** The parts as metrics name them. */
export type QueuePart = 'active' | 'backoff' | 'unschedulable' | 'gated';

/** Why a pod came into a part of the queue, besides what happened in the cluster. */
export type Cause =
  | EventName
  | 'BackoffComplete'
  | 'PopFromBackoffQ'
  | 'ScheduleAttemptFailure'
  | 'UnschedulableTimeout'
  | 'ForceActivate';

/** A pod that waits for a node. */
export interface QueuedPod {
  info: PodInfo;
  /** How often it was tried since it came. */
  attempts: number;
  state: State;
  /** Who rejected it the last time. */
  rejectedBy: ReadonlySet<Plugin>;
  /** When it was first tried, came into its present state, and its back-off ends; milliseconds of the monotonic clock. */
  firstTried: number | undefined;
  since: number;
  backoffUntil: number;
  /** Tells the heap's item that is meant from outdated ones. */
  ticket: number;
  /** While it is tried: from where on the log of events is news to it; undefined when it no longer keeps count. */
  newsFrom: number | undefined;
  /** Whether the pod itself was changed meanwhile. */
  changed: boolean;
}

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

const nobody: ReadonlySet<Plugin> = new Set();
/** What pods wait for that nobody rejected, because there was no node to reject. */
const ANYTHING = 'anything';

/**
 * The pods that wait for a node, in three parts: those to be tried now, by priority; those that wait for the end of
 * their back-off; and those that wait for the cluster to change in a way that could make them fit. What happens while a
 * pod is being tried is remembered, and counts when it fails.
 */
export class SchedulingQueue {
  readonly #options: QueueOptions;
  readonly #pods = new Map<string, QueuedPod>();
  /** The pods that wait for each event. */
  readonly #waiting = new Map<EventName | typeof ANYTHING, Set<QueuedPod>>();
  readonly #taken = new Set<QueuedPod>();
  readonly #log = new EventLog();
  readonly #active: Heap<Item>;
  readonly #backoff: Heap<Item>;
  readonly #errorBackoff: Heap<Item>;
  #timer: { at: number; timer: Timer } | undefined;
  readonly #sweep: Timer;
  #tickets = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
    const compare = options.compare;
    this.#active = new Heap((a, b) => (compare(a.pod.info, b.pod.info) || a.ticket - b.ticket) < 0);
    this.#backoff = new Heap((a, b) => a.pod.backoffUntil < b.pod.backoffUntil);
    this.#errorBackoff = new Heap((a, b) => a.pod.backoffUntil < b.pod.backoffUntil);
    this.#sweep = options.clock.every(LOOK_FOR_FORGOTTEN, () => this.#wakeForgotten());
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
    this.#taken.add(pod);
    pod.newsFrom = this.#log.end;
    pod.changed = false;
    pod.attempts++;
    pod.firstTried ??= pod.since;
    return pod;
  }

  /**
   * A node was found. Binding may take long, and what happens meanwhile is not kept for this pod: should it fail after
   * all, it is tried again after its back-off.
   */
  decided(pod: QueuedPod): void {
    this.#release(pod);
    pod.newsFrom = undefined;
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
      if (this.#taken.size > 0) this.#log.add(event);
      const waiting = [...(this.#waiting.get(event.name) ?? []), ...(this.#waiting.get(ANYTHING) ?? [])];
      for (const pod of waiting) if (helps(pod, event)) this.#wake(pod, event.name);
    }
  }

  /** Has a pod tried as soon as possible, whatever it waits for; no-op when it is being tried, or gated. */
  activate(uid: string): void {
    const pod = this.#pods.get(uid);
    if (!pod || pod.state === 'taken' || pod.state === 'active' || this.#gated(pod)) return;
    this.#enter(pod, 'active', 'ForceActivate');
  }

  close(): void {
    this.#sweep.cancel();
    this.#timer?.timer.cancel();
    this.#pods.clear();
    this.#waiting.clear();
  }

  #new(info: PodInfo): void {
    const pod: QueuedPod = {
      info,
      attempts: 0,
      state: 'gated',
      rejectedBy: nobody,
      firstTried: undefined,
      since: 0,
      backoffUntil: 0,
      ticket: 0,
      newsFrom: 0,
      changed: false,
    };
    this.#pods.set(info.uid, pod);
    this.#wake(pod, 'UnscheduledPodAdd');
  }

  /** What happened while the pod was tried that could help it. */
  #news(pod: QueuedPod): Cause | undefined {
    if (pod.changed) return 'UnscheduledPodUpdate';
    if (pod.newsFrom === undefined) return 'ScheduleAttemptFailure';
    return this.#log.since(pod.newsFrom).find((event) => helps(pod, event))?.name;
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
    if (state === 'unschedulable' || state === 'gated') this.#await(pod);
    const part = partOf(state);
    if (part && cause) this.#options.onIncoming?.(part, cause);
    if (state === 'active' || state === 'backoff') this.#options.onActive();
    if (state === 'backoff' || state === 'error-backoff') this.#arm(pod.backoffUntil);
  }

  /** Takes the pod out of the indexes of its present state. */
  #leave(pod: QueuedPod): void {
    if (pod.state === 'unschedulable' || pod.state === 'gated') {
      for (const name of awaitedBy(pod)) {
        const pods = this.#waiting.get(name);
        if (pods?.delete(pod) && pods.size === 0) this.#waiting.delete(name);
      }
    }
    this.#release(pod);
  }

  /** No longer counts among those for whom events are kept. */
  #release(pod: QueuedPod): void {
    if (!this.#taken.delete(pod)) return;
    const oldest: QueuedPod | undefined = this.#taken.values().next().value;
    this.#log.forgetBefore(oldest?.newsFrom ?? this.#log.end);
  }

  #await(pod: QueuedPod): void {
    for (const name of awaitedBy(pod)) {
      const pods = this.#waiting.get(name);
      if (pods) pods.add(pod);
      else this.#waiting.set(name, new Set([pod]));
    }
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

  #wakeForgotten(): void {
    const before = this.#options.clock.monotonic() - FORGOTTEN_AFTER;
    for (const pod of this.#pods.values()) {
      if (pod.state === 'unschedulable' && pod.since <= before) this.#wake(pod, 'UnschedulableTimeout');
    }
  }
}

function partOf(state: State): QueuePart | undefined {
  if (state === 'taken') return undefined;
  return state === 'error-backoff' ? 'backoff' : state;
}

/** The events that could help one of those who rejected the pod. */
function awaitedBy(pod: QueuedPod): Set<EventName | typeof ANYTHING> {
  const names = new Set<EventName | typeof ANYTHING>(pod.rejectedBy.size === 0 ? [ANYTHING] : []);
  for (const plugin of pod.rejectedBy) for (const wake of plugin.wakesOn ?? []) for (const on of wake.on) names.add(on);
  return names;
}

/** Whether the event could help with one of those who rejected the pod. What became of the pod itself is no news. */
function helps(pod: QueuedPod, event: ClusterEvent): boolean {
  if (event.object?.metadata.uid === pod.info.uid) return false;
  if (pod.rejectedBy.size === 0) return true;
  for (const plugin of pod.rejectedBy) {
    for (const wake of plugin.wakesOn ?? []) {
      if (wake.on.includes(event.name) && mayHelp(wake, pod.info, event)) return true;
    }
  }
  return false;
}

function mayHelp(wake: Wake, pod: PodInfo, event: ClusterEvent): boolean {
  try {
    return wake.helps?.(pod, event) ?? true;
  } catch {
    return true; // rather one try too many than a pod that is never tried again
  }
}
