import { isDeepStrictEqual } from 'node:util';
import { isApiError } from '../apimachinery/api-error.ts';
import { parseTime } from '../apimachinery/time.ts';
import { Backoff } from '../base/backoff.ts';
import type { Timer } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { pod as podKind, type Pod } from '../api/core-v1/pod.ts';
import type { Refusal } from './admission/refusal.ts';
import type { Waiting } from './container-status.ts';
import type { MountedVolume } from './containers/volume-mounts.ts';
import { GracePeriod } from './grace-period.ts';
import type { KubeletMetrics } from './kubelet-metrics.ts';
import { gracePeriodOf } from './kill-pod.ts';
import { hasEnded, identityOf, specOf } from './pod-spec.ts';
import { podStatus } from './pod-status.ts';
import { PodResize, type ResizeDependencies } from './resize/pod-resize.ts';
import type { PodState } from './runtime/runtime.ts';
import type { PodStatuses } from './status-writer.ts';
import { endPod, mountProblems, syncPod, volumesFor, type PodMemory, type SyncDependencies } from './sync-pod.ts';

export interface WorkerDependencies extends SyncDependencies, ResizeDependencies {
  readonly statuses: PodStatuses;
  readonly metrics: SyncDependencies['metrics'] & Pick<KubeletMetrics, 'podStartSeconds' | 'workerSeconds'>;
  readonly log: Log;
  readonly hostIp: string;
  /** Why this node does not take a pod that has not been started yet. */
  readonly refusal: (pod: Pod) => Refusal | undefined;
  /** Whether a kubelet before this one has taken the pod. */
  readonly isHere: (pod: Pod) => boolean;
  /** Called when nothing of the pod is left. */
  readonly onGone: (uid: string) => void;
}

/** Why a node ends a pod. */
export interface Eviction extends Refusal {
  /** The longest time that its containers get, in seconds; absent: as long as the pod says. */
  readonly graceSeconds?: number | undefined;
  /** The message of its DisruptionTarget condition. */
  readonly condition: { readonly reason: string; readonly message: string };
}

/** Milliseconds between tries of something that failed. */
const FIRST_RETRY = 1_000;
const LONGEST_RETRY = 15_000;
/** Milliseconds between two looks whether the node can give a pod more by now. */
const RESIZE_RETRY = 10_000;
const overdue: Refusal = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};
/** What is left of a grace period when the pod has been removed from the API by force. */
const FORCED_GRACE = 1_000;

/**
 * The life of one pod on this node: looks at it whenever something has changed, never twice at once, and always at its
 * newest state. It ends when the pod is gone from the API and from the runtime.
 */
export class PodWorker {
  readonly #deps: WorkerDependencies;
  readonly #memory: PodMemory = { waiting: new Map<string, Waiting>(), hooked: new Set() };
  readonly #retries = new Backoff<'pod'>(FIRST_RETRY, LONGEST_RETRY);
  readonly #resize: PodResize;
  #pod: Pod;
  #inApi = true;
  #goneGrace = FORCED_GRACE;
  #ended = false;
  #admitted = false;
  #failure: { reason: string; message: string } | undefined;
  #eviction: Eviction | undefined;
  #disruption: Eviction['condition'] | undefined;
  #due = false;
  #refreshDue = false;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #sync = new AbortController();
  #grace: GracePeriod | undefined;
  #stopped = false;
  /** When the pod was seen first; undefined when it runs. */
  #seenAt: number | undefined;

  constructor(deps: WorkerDependencies, pod: Pod) {
    this.#deps = deps;
    this.#resize = new PodResize(deps);
    this.#pod = pod;
    if (pod.status?.phase !== 'Running') this.#seenAt = deps.clock.monotonic();
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The pod with what the node has given it, which may be less or more than it asks for now. */
  get given(): Pod {
    return this.#resize.view(this.#pod);
  }

  /** Whether the node has taken the pod, and it is not over yet. */
  get admitted(): boolean {
    return this.#admitted && !this.#ended;
  }

  /** The pod as the API has it now. */
  update(pod: Pod): void {
    if (tellsMore(this.#pod, pod) && this.#deps.volumes?.isDynamic(pod)) this.#refreshDue = true;
    this.#pod = pod;
    if (this.#leaving) this.#leave(pod.metadata.deletionGracePeriodSeconds === 0 ? 0 : gracePeriodOf(pod));
    this.wake();
  }

  /** The pod is gone from the API (or the node's manifests). @param grace milliseconds that its containers still have */
  removed(grace = FORCED_GRACE): void {
    this.#inApi = false;
    this.#goneGrace = grace;
    this.#leave(grace);
    this.wake();
  }

  /** Something has changed: tell it, and look whether something is to be done. */
  wake(): void {
    if (this.#stopped) return;
    this.#publish();
    this.#due = true;
    this.#running ??= this.#run();
  }

  /**
   * Ends the pod for good, in favour of others or of the node; who calls has told why in an event. A no-op when it is
   * ended already.
   */
  evict(eviction: Eviction): void {
    this.#eviction ??= eviction;
    this.#sync.abort(new Error('the pod is evicted'));
    this.wake();
  }

  /** Brings the content of volumes up to date. */
  refresh(): void {
    this.#refreshDue = true;
    this.wake();
  }

  /** Leaves the pod as it is; resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#sync.abort(new Error('the kubelet stops'));
    if (!this.#grace) await this.#running;
  }

  get #leaving(): boolean {
    return !this.#inApi || this.#pod.metadata.deletionTimestamp !== undefined;
  }

  #leave(ms: number): void {
    this.#sync.abort(new Error('the pod is being deleted'));
    this.#grace?.shorten(ms);
  }

  async #run(): Promise<void> {
    while (this.#due && !this.#stopped) {
      this.#due = false;
      this.#timer?.cancel();
      const began = this.#deps.clock.monotonic();
      const leaving = this.#leaving;
      try {
        const after = leaving ? await this.#terminate() : await this.#advance();
        if (after !== undefined) this.#wakeAfter(after);
      } catch (error) {
        const { name, namespace } = this.#pod.metadata;
        this.#deps.log.warn('pod failed to sync', { pod: `${namespace}/${name}`, error: errorMessage(error) });
        this.#wakeAfter(this.#retries.next('pod'));
      }
      this.#deps.metrics.workerSeconds.labels(leaving ? 'kill' : 'sync').observe(this.#secondsSince(began));
    }
    this.#running = undefined;
  }

  #wakeAfter(ms: number): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    this.#timer = this.#deps.clock.after(ms, () => this.wake());
  }

  /** @returns milliseconds after which to look again */
  async #advance(): Promise<number | undefined> {
    const pod = this.#deps.statuses.overlay(this.#pod);
    if (this.#ended || hasEnded(pod.status?.phase)) {
      await this.#end(pod);
      return undefined;
    }
    const refused = this.#admitted ? undefined : this.#deps.refusal(pod);
    if (refused) return this.#refuse(pod, refused);
    this.#resize.allocate(pod, !this.#admitted && !this.#deps.isHere(pod));
    this.#admitted = true;
    if (this.#eviction) return this.#evict(pod, this.#eviction);
    const left = this.#deadline(pod);
    if (left !== undefined && left <= 0) {
      this.#deps.events.event(pod, 'Normal', overdue.reason, overdue.message);
      return this.#fail(pod, overdue);
    }
    const given = this.#resize.view(pod);
    const resized = await this.#resize.apply(given);
    const result = await syncPod(this.#deps, given, this.#memory, () => this.#publish(), this.#sync.signal);
    if (result.finished) this.#ended = true;
    this.#publish();
    await this.#refreshVolumes(pod);
    if (!result.failed && resized) {
      this.#retries.forget('pod');
      const after = Math.min(left ?? Infinity, result.after ?? Infinity, this.#resize.waits ? RESIZE_RETRY : Infinity);
      return after === Infinity ? undefined : after;
    }
    return Math.min(result.after ?? Infinity, this.#retries.next('pod'));
  }

  /** Milliseconds until the pod has been active for as long as it may; undefined when it may be for ever. */
  #deadline(pod: Pod): number | undefined {
    const { activeDeadlineSeconds } = specOf(pod);
    if (activeDeadlineSeconds === undefined) return undefined;
    const { clock } = this.#deps;
    return (parseTime(pod.status?.startTime) ?? clock.now()) + activeDeadlineSeconds * 1000 - clock.now();
  }

  #refuse(pod: Pod, { reason, message }: Refusal): Promise<undefined> {
    this.#deps.events.event(pod, 'Warning', reason, message);
    return this.#fail(pod, { reason, message: `Pod was rejected: ${message}` });
  }

  async #evict(pod: Pod, { reason, message, graceSeconds, condition }: Eviction): Promise<undefined> {
    this.#disruption = condition;
    const own = gracePeriodOf(pod);
    const grace = new GracePeriod(
      this.#deps.clock,
      graceSeconds === undefined ? own : Math.min(own, graceSeconds * 1000),
    );
    await this.#fail(pod, { reason, message }, grace);
    await this.#freeDisk(pod);
  }

  /** The files of an evicted pod go at once: the node may be short of just that, and would evict the next one in vain. */
  async #freeDisk({ metadata: { uid, name } }: Pod): Promise<void> {
    const { volumes, log } = this.#deps;
    await volumes
      ?.tearDown(uid)
      .catch((error) =>
        log.warn('the files of an evicted pod stay until it is deleted', { pod: name, error: errorMessage(error) }),
      );
  }

  async #fail(pod: Pod, failure: Refusal, grace?: GracePeriod): Promise<undefined> {
    this.#failure = failure;
    await endPod(this.#deps, pod, grace);
    this.#ended = true;
    this.#publish();
  }

  /** What still runs of a pod that is over in the API, as after a crash of the kubelet. */
  async #end(pod: Pod): Promise<void> {
    const state = this.#deps.runtime.pod(identityOf(pod));
    if (state.sandboxes.length > 0 || state.containers.some((c) => c.state === 'running'))
      await endPod(this.#deps, pod);
  }

  async #refreshVolumes(pod: Pod): Promise<void> {
    if (!this.#refreshDue) return;
    this.#refreshDue = false;
    try {
      await volumesFor(this.#deps, pod);
    } catch (error) {
      for (const message of mountProblems(error)) this.#deps.events.event(pod, 'Warning', 'FailedMount', message);
    }
  }

  /** Ends the pod, tells its last status, removes it from the API, and cleans up when that has happened. */
  async #terminate(): Promise<undefined> {
    const deps = this.#deps;
    const { uid } = this.#pod.metadata;
    if (!this.#ended) {
      this.#grace ??= new GracePeriod(deps.clock, this.#inApi ? gracePeriodOf(this.#pod) : this.#goneGrace);
      await endPod(deps, this.#pod, this.#grace);
      this.#ended = true;
    } else {
      await this.#end(this.#pod);
    }
    if (this.#inApi) {
      this.#publish();
      await deps.statuses.flushed(uid);
      await this.#removeFromApi();
    }
    if (!this.#inApi) await this.#cleanUp();
  }

  async #removeFromApi(): Promise<void> {
    const { uid, name, namespace, finalizers } = this.#pod.metadata;
    try {
      await this.#deps.client.delete(podKind, { name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid } });
      if (!finalizers?.length) this.#inApi = false;
    } catch (error) {
      if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
      this.#inApi = false;
    }
  }

  async #cleanUp(): Promise<void> {
    const deps = this.#deps;
    const { uid } = this.#pod.metadata;
    const state = deps.runtime.pod(identityOf(this.#pod));
    await Promise.all(state.containers.map(({ id }) => deps.runtime.removeContainer(id)));
    await deps.volumes?.tearDown(uid);
    deps.prober.forget(uid);
    deps.images.forget(uid);
    deps.statuses.forget(uid);
    for (const { name } of [...(specOf(this.#pod).initContainers ?? []), ...specOf(this.#pod).containers]) {
      deps.backoff.forget(`${uid}/${name}`);
    }
    this.#stopped = true;
    deps.onGone(uid);
  }

  #publish(): void {
    if (!this.#inApi) return;
    const { runtime, network, prober, statuses, clock, hostIp } = this.#deps;
    const asked = statuses.overlay(this.#pod);
    const pod = this.#resize.view(asked);
    const state = runtime.pod(identityOf(pod));
    prober.track(pod, withoutHooked(state, this.#memory.hooked));
    const sandbox = state.sandboxes[0];
    const ips = !sandbox?.ready ? [] : sandbox.hostNetwork ? [hostIp] : network.ips(sandbox.id);
    const status = podStatus(pod, state, {
      waiting: this.#memory.waiting,
      hooked: this.#memory.hooked,
      started: (run) => prober.started(pod, run),
      ready: (run) => prober.ready(pod, run),
      volumeImages: imagesOf(this.#deps.volumes?.ready(pod.metadata.uid)),
      hostIp,
      ips,
      networkReady: ips.length > 0,
      now: clock.now(),
      ended: this.#ended,
      failure: this.#failure,
      disruption: this.#disruption,
      resize: this.#resize.status(asked),
    });
    this.#noteStart(status.phase);
    statuses.set(pod, status);
  }

  /** A pod that ran before this kubelet did has not been started by it. */
  #noteStart(phase: string | undefined): void {
    if (this.#seenAt === undefined || phase === undefined || phase === 'Pending') return;
    if (phase === 'Running') this.#deps.metrics.podStartSeconds.labels().observe(this.#secondsSince(this.#seenAt));
    this.#seenAt = undefined;
  }

  #secondsSince(monotonic: number): number {
    return (this.#deps.clock.monotonic() - monotonic) / 1000;
  }
}

/** Which of the volumes that are ready show an image, and which. */
function imagesOf(ready: ReadonlyMap<string, MountedVolume> = new Map()): ReadonlyMap<string, string> {
  return new Map([...ready].flatMap(([name, { imageRef }]) => (imageRef ? [[name, imageRef]] : [])));
}

/** The state without the containers whose postStart hook still runs: nobody asks them how they are. */
function withoutHooked(state: PodState, hooked: ReadonlySet<string>): PodState {
  return hooked.size === 0 ? state : { ...state, containers: state.containers.filter(({ id }) => !hooked.has(id)) };
}

/** Whether something has changed that files in the pod's volumes may show. */
function tellsMore({ metadata: before }: Pod, { metadata: now }: Pod): boolean {
  return !isDeepStrictEqual([before.labels, before.annotations], [now.labels, now.annotations]);
}
