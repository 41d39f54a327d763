import type { Clock, Timer } from '../base/clock.ts';
import { Heap } from './heap.ts';
import type { ClusterEvent } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';

/** Milliseconds that a pod waits after its first failure, doubled with each further one, and the most. */
const FIRST_BACKOFF = 1_000;
const LONGEST_BACKOFF = 10_000;
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
  /** Not to be tried before it is changed. */
  | 'gated'
  /** Being tried, or bound. */
  | 'taken';

/** A pod that waits for a node. */
export interface QueuedPod {
  info: PodInfo;
  /** How often it was tried since it came. */
  attempts: number;
  state: State;
  /** The events that could help, from the plugins that rejected it. */
  wakesOn: ReadonlySet<ClusterEvent>;
  /** When it came into its present state, and when its back-off ends; milliseconds of the monotonic clock. */
  since: number;
  backoffUntil: number;
  /** Tells the heap's item that is meant from outdated ones. */
  ticket: number;
}

interface Item {
  readonly pod: QueuedPod;
  readonly ticket: number;
}

export interface QueueOptions {
  readonly clock: Clock;
  /** Negative when `a` is to be tried first. */
  readonly compare: (a: PodInfo, b: PodInfo) => number;
  /** Whether a pod may be tried at all. */
  readonly admits: (pod: PodInfo) => boolean;
  /** Called when there is something to take. */
  readonly onActive: () => void;
}

const anything: ReadonlySet<ClusterEvent> = new Set();

/**
 * The pods that wait for a node, in three parts: those to be tried now, by priority; those that wait for the end of
 * their back-off; and those that wait for the cluster to change in a way that could make them fit.
 */
export class SchedulingQueue {
  readonly #options: QueueOptions;
  readonly #pods = new Map<string, QueuedPod>();
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

  /** Takes in a new pod, or what has become of one that is here: a change may have made it schedulable. */
  put(info: PodInfo): void {
    const known = this.#pods.get(info.uid);
    if (!known) return this.#new(info);
    known.info = info;
    if (known.state !== 'taken' && known.state !== 'active') this.#wake(known);
    else if (known.state === 'active' && !this.#options.admits(info)) this.#enter(known, 'gated');
  }

  /** Replaces a pod's object when nothing that matters to scheduling has changed. */
  refresh(info: PodInfo): void {
    const known = this.#pods.get(info.uid);
    if (known) known.info = info;
  }

  /** Forgets a pod: it is gone, or it has a node. */
  delete(uid: string): void {
    this.#pods.delete(uid);
  }

  /** The next pod to try; `done`, `failed` or `retry` must follow. */
  take(): QueuedPod | undefined {
    const pod = this.#pop(this.#active, 'active') ?? this.#early();
    if (!pod) return undefined;
    this.#enter(pod, 'taken');
    pod.attempts++;
    return pod;
  }

  /** The pod fits nowhere: it waits for one of these events. */
  failed(pod: QueuedPod, wakesOn: ReadonlySet<ClusterEvent>): void {
    if (!this.#holds(pod)) return;
    pod.wakesOn = wakesOn;
    this.#startBackoff(pod);
    this.#enter(pod, 'unschedulable');
  }

  /** Something went wrong that has nothing to do with the pod: it is tried again after its back-off. */
  retry(pod: QueuedPod): void {
    if (!this.#holds(pod)) return;
    this.#startBackoff(pod);
    this.#enter(pod, this.#options.admits(pod.info) ? 'error-backoff' : 'gated');
  }

  /** The cluster has changed: pods that this could help are tried again. */
  happened(...events: ClusterEvent[]): void {
    if (events.length === 0) return;
    for (const pod of this.#pods.values()) {
      if (pod.state === 'unschedulable' && events.some((event) => pod.wakesOn.has(event))) this.#wake(pod);
    }
  }

  close(): void {
    this.#sweep.cancel();
    this.#timer?.timer.cancel();
    this.#pods.clear();
  }

  #new(info: PodInfo): void {
    const since = this.#options.clock.monotonic();
    const pod: QueuedPod = { info, attempts: 0, state: 'gated', wakesOn: anything, since, backoffUntil: 0, ticket: 0 };
    this.#pods.set(info.uid, pod);
    this.#wake(pod);
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
  #wake(pod: QueuedPod): void {
    if (!this.#options.admits(pod.info)) this.#enter(pod, 'gated');
    else if (pod.backoffUntil > this.#options.clock.monotonic()) this.#enter(pod, 'backoff');
    else this.#enter(pod, 'active');
  }

  #enter(pod: QueuedPod, state: State): void {
    pod.state = state;
    pod.since = this.#options.clock.monotonic();
    pod.ticket = ++this.#tickets;
    this.#heapOf(state)?.push({ pod, ticket: pod.ticket });
    if (state === 'active' || state === 'backoff') this.#options.onActive();
    if (state === 'backoff' || state === 'error-backoff') this.#arm(pod.backoffUntil);
  }

  #heapOf(state: State): Heap<Item> | undefined {
    if (state === 'active') return this.#active;
    if (state === 'backoff') return this.#backoff;
    return state === 'error-backoff' ? this.#errorBackoff : undefined;
  }

  #startBackoff(pod: QueuedPod): void {
    const delay = Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** Math.min(pod.attempts - 1, 20));
    pod.backoffUntil = this.#options.clock.monotonic() + delay;
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
        this.#enter(item.pod, 'active');
      }
    }
  }

  #wakeForgotten(): void {
    const before = this.#options.clock.monotonic() - FORGOTTEN_AFTER;
    for (const pod of this.#pods.values()) if (pod.state === 'unschedulable' && pod.since <= before) this.#wake(pod);
  }
}
