import { isApiError } from '../apimachinery/api-error.ts';
import { Backoff } from '../base/backoff.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { pod as podKind, type Pod } from '../api/core-v1/pod.ts';
import type { Gate } from '../base/gate.ts';
import type { Client } from '../client/client.ts';
import { passing } from './pod-conditions.ts';
import type { PodStatus } from './pod-spec.ts';
import { statusPatch } from './status-patch.ts';

/** Where the statuses of pods go. */
export interface PodStatuses {
  /** Tells a status. */
  set(pod: Pod, status: PodStatus): void;
  /** The pod with the status that was last told. */
  overlay(pod: Pod): Pod;
  /** Resolves when the last status of a pod has arrived (or nobody wants it). */
  flushed(uid: string): Promise<void>;
  forget(uid: string): void;
}

export interface StatusWriterOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  /** Limits how many are sent at a time; of what changes before its turn only the last is sent. */
  readonly gate?: Gate | undefined;
}

interface Entry {
  readonly pod: Pod;
  /** What the API has, as far as we know. */
  sent: PodStatus;
  wanted: PodStatus;
  sending: Promise<void> | undefined;
  /** What the API was seen to have while something was being sent. */
  observed: Pod | undefined;
  /** The last answer of the API: what a watch tells of states before it is old. */
  answer: Pod | undefined;
}

/**
 * Sends the statuses of pods to the API: at once, one request per pod at a time, and of what changes meanwhile only the
 * last. A pod that is gone is forgotten; any other failure is tried again.
 */
export class StatusWriter implements PodStatuses {
  readonly #options: StatusWriterOptions;
  #entries = new Map<string, Entry>();
  #stop = new AbortController();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  set(pod: Pod, status: PodStatus): void {
    const { uid } = pod.metadata;
    let entry = this.#entries.get(uid);
    if (!entry) {
      entry = {
        pod,
        sent: pod.status ?? {},
        wanted: status,
        sending: undefined,
        observed: undefined,
        answer: undefined,
      };
      this.#entries.set(uid, entry);
    }
    entry.wanted = status;
    if (!entry.sending) this.#begin(entry);
  }

  /**
   * Takes note of what the API has. Where somebody else changed what the kubelet decides (the node's controller says of
   * all pods that they are not ready when the node is not), the kubelet's word is sent again.
   */
  observe(pod: Pod): void {
    const entry = this.#entries.get(pod.metadata.uid);
    if (!entry) return;
    if (entry.sending) {
      entry.observed = pod;
      return;
    }
    this.#takeIn(entry, pod);
  }

  #takeIn(entry: Entry, pod: Pod): void {
    if (entry.answer && !isNewer(pod, entry.answer)) return;
    entry.sent = pod.status ?? {};
    this.#begin(entry);
  }

  /** The pod with the status that was last decided, and the conditions that others have set meanwhile. */
  overlay(pod: Pod): Pod {
    const wanted = this.#entries.get(pod.metadata.uid)?.wanted;
    if (!wanted) return pod;
    const ours = new Set((wanted.conditions ?? []).filter((c) => kubeletConditions.has(c.type)).map((c) => c.type));
    const others = (pod.status?.conditions ?? []).filter((c) => !ours.has(c.type));
    const conditions = [...(wanted.conditions ?? []).filter((c) => ours.has(c.type)), ...others];
    return { ...pod, status: { ...pod.status, ...wanted, conditions } };
  }

  /** Resolves when the API has the last status of this pod (or the pod is gone). */
  async flushed(uid: string): Promise<void> {
    await this.#entries.get(uid)?.sending;
  }

  forget(uid: string): void {
    this.#entries.delete(uid);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the kubelet stops'));
    await Promise.all([...this.#entries.values()].flatMap((entry) => entry.sending ?? []));
  }

  #begin(entry: Entry): void {
    if (!statusPatch(entry.sent, entry.wanted)) return;
    entry.sending = this.#send(entry).finally(() => {
      entry.sending = undefined;
      // What was seen after the last answer, while there was nothing more to send.
      const { observed } = entry;
      entry.observed = undefined;
      if (observed && !this.#stop.signal.aborted) this.#takeIn(entry, observed);
    });
  }

  async #send(entry: Entry): Promise<void> {
    const delays = new Backoff<'api'>(200, 10_000);
    let last: PodStatus | undefined;
    let same = 0;
    while (!this.#stop.signal.aborted) {
      try {
        const sent = await this.#pass(() => this.#sendOnce(entry));
        if (!sent) break;
        const { answer, wanted } = sent;
        const { observed } = entry;
        entry.observed = undefined;
        entry.answer = answer;
        // What the API has now, which may be more than our change: others' writes in between are in the answer too.
        const state = observed && isNewer(observed, answer) ? observed : answer;
        same = wanted === last ? same + 1 : 0;
        last = wanted;
        entry.sent = same < MOST_REPEATS ? (state.status ?? {}) : wanted;
      } catch (error) {
        if (isApiError(error, 'NotFound', 'Conflict')) break;
        this.#options.log.warn('cannot write the status of a pod', {
          pod: entry.pod.metadata.name,
          error: errorMessage(error),
        });
        await sleep(this.#options.clock, delays.next('api'), this.#stop.signal).catch(() => {});
      }
    }
  }

  #pass<T>(work: () => Promise<T>): Promise<T> {
    const { gate } = this.#options;
    return gate ? gate.pass(work) : work();
  }

  /** @returns undefined when there is nothing to send (any more) */
  async #sendOnce({ pod, sent, wanted }: Entry): Promise<{ answer: Pod; wanted: PodStatus } | undefined> {
    const patch = statusPatch(sent, wanted);
    return patch && { answer: await this.#patch(pod, patch), wanted };
  }

  #patch(pod: Pod, status: object): Promise<Pod> {
    const { uid, name, namespace } = pod.metadata;
    // The uid makes the server refuse to change a pod of the same name that came later.
    const patch = { metadata: { uid }, status };
    return this.#options.client.patch(podKind, { name, namespace }, 'strategic', patch, { subresource: 'status' });
  }
}

/** A status that the API does not keep as it was sent is not sent for ever. */
const MOST_REPEATS = 3;

/** Whether `one` is a later state than `other` of the same pod. */
function isNewer(one: Pod, other: Pod): boolean {
  return BigInt(one.metadata.resourceVersion) > BigInt(other.metadata.resourceVersion);
}

const kubeletConditions = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  'DisruptionTarget',
  ...passing,
]);
