import type { Clock } from '../../base/clock.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { EventRecorder } from '../../client/events.ts';
import { containerId } from '../container-status.ts';
import { MetricRegistry } from '../../base/metrics.ts';
import { containerPath, findContainer, reportedStatus } from '../pod-spec.ts';
import type { ContainerState, PodState } from '../runtime/runtime.ts';
import { ProbeLoop } from './probe-loop.ts';
import { checkProbe, type ProbeDependencies, type ProbeOutcome } from './probe.ts';

export interface ProberOptions extends ProbeDependencies {
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly ipsOf: (pod: Pod) => readonly string[];
  /** Called when a verdict changed. */
  readonly onChange: (uid: string) => void;
  /** Why a probe fails without anybody being asked; undefined asks. */
  readonly failure?: ((pod: Pod, container: string, kind: string) => string | undefined) | undefined;
}

const kinds = ['startup', 'liveness', 'readiness'] as const;
type ProbeKind = (typeof kinds)[number];
type Loops = Partial<Record<ProbeKind, ProbeLoop>>;

const titles: Record<ProbeKind, string> = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' };

/** The results as the metric names them. */
const countedAs = { success: 'successful', warning: 'successful', failure: 'failed', unknown: 'unknown' } as const;

/** What events say of them. */
const toldAs: Partial<Record<ProbeOutcome['result'], { readonly reason: string; readonly verb: string }>> = {
  failure: { reason: 'Unhealthy', verb: 'failed' },
  unknown: { reason: 'Unhealthy', verb: 'errored and resulted in unknown state' },
  warning: { reason: 'ProbeWarning', verb: 'warning' },
};

/** Probes the running containers of all pods and knows the verdicts. */
export class Prober {
  readonly #options: ProberOptions;
  /** By the id of the run. */
  #runs = new Map<string, { uid: string; loops: Loops }>();
  /** What was counted, by pod. */
  #counted = new Map<string, Map<string, string[]>>();
  /** How probes went, for `/metrics/probes`. */
  readonly metrics = new MetricRegistry();
  readonly #total = this.metrics.counter(
    'prober_probe_total',
    'How often the containers of pods were probed, by result.',
    ['probe_type', 'result', 'container', 'pod', 'namespace', 'pod_uid'],
  );

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Probes exactly the running containers of this pod. */
  track(pod: Pod, state: PodState): void {
    const running = new Set(state.containers.filter((c) => c.state === 'running').map((c) => c.id));
    for (const [id, { uid }] of this.#runs) if (uid === state.uid && !running.has(id)) this.#end(id);
    for (const run of state.containers) if (running.has(run.id) && !this.#runs.has(run.id)) this.#begin(pod, run);
    // What is being deleted cannot fail any more; it can only become unready.
    if (pod.metadata.deletionTimestamp) for (const id of running) this.#stopJudging(id);
  }

  forget(uid: string): void {
    for (const [id, run] of this.#runs) if (run.uid === uid) this.#end(id);
    for (const labels of this.#counted.get(uid)?.values() ?? []) this.#total.remove(...labels);
    this.#counted.delete(uid);
  }

  stop(): void {
    for (const id of [...this.#runs.keys()]) this.#end(id);
  }

  /** Whether the startup probe has succeeded, or there is none. */
  started(pod: Pod, run: ContainerState): boolean {
    if (run.state !== 'running') return false;
    if (!findContainer(pod, run.name)?.startupProbe) return true;
    return this.#runs.get(run.id)?.loops.startup?.healthy === true;
  }

  /** Whether the readiness probe succeeds, or there is none. */
  ready(pod: Pod, run: ContainerState): boolean {
    if (!findContainer(pod, run.name)?.readinessProbe) return true;
    return this.#runs.get(run.id)?.loops.readiness?.healthy === true;
  }

  /** The probe that demands a restart. */
  failed(run: ContainerState): 'liveness' | 'startup' | undefined {
    const loops = this.#runs.get(run.id)?.loops;
    if (loops?.startup?.healthy === false) return 'startup';
    return loops?.liveness?.healthy === false ? 'liveness' : undefined;
  }

  #stopJudging(id: string): void {
    const loops = this.#runs.get(id)?.loops;
    loops?.liveness?.stop();
    loops?.startup?.stop();
  }

  #begin(pod: Pod, run: ContainerState): void {
    const loops: Loops = {};
    this.#runs.set(run.id, { uid: pod.metadata.uid, loops });
    for (const kind of kinds) {
      const loop = this.#loop(pod, run, kind, loops);
      if (loop) loops[kind] = loop;
    }
  }

  #loop(pod: Pod, run: ContainerState, kind: ProbeKind, loops: Loops): ProbeLoop | undefined {
    const { clock, onChange, ipsOf } = this.#options;
    const container = findContainer(pod, run.name);
    const probe = container?.[`${kind}Probe`];
    if (!container || !probe) return undefined;
    return new ProbeLoop({
      probe,
      clock,
      startedAt: run.startedAt ?? run.createdAt,
      initially: initialVerdict(pod, run, kind),
      due: () =>
        kind === 'startup'
          ? loops.startup?.healthy !== true
          : !container.startupProbe || loops.startup?.healthy === true,
      check: async (signal) => {
        const why = this.#options.failure?.(pod, run.name, kind);
        if (why !== undefined) return { result: 'failure', text: why };
        return checkProbe(probe, { container, run, podIp: ipsOf(pod)[0] ?? '' }, this.#options, signal);
      },
      fatal: kind !== 'readiness',
      onOutcome: (outcome) => this.#tell(pod, run.name, titles[kind], outcome),
      onResult: (healthy) => {
        if (kind === 'startup' && healthy) for (const other of [loops.liveness, loops.readiness]) other?.hurry();
        onChange(pod.metadata.uid);
      },
    });
  }

  #tell(pod: Pod, container: string, title: string, { result, text }: ProbeOutcome): void {
    const { name, namespace = '', uid } = pod.metadata;
    this.#count(uid, [title, countedAs[result], container, name, namespace, uid]);
    const event = toldAs[result];
    if (!event) return;
    const message = `${title} probe ${event.verb}: ${text}`;
    this.#options.events.event(pod, 'Warning', event.reason, message, containerPath(pod, container));
  }

  #count(uid: string, labels: string[]): void {
    this.#total.labels(...labels).inc();
    let counted = this.#counted.get(uid);
    if (!counted) this.#counted.set(uid, (counted = new Map()));
    counted.set(labels.join('/'), labels);
  }

  #end(id: string): void {
    for (const loop of Object.values(this.#runs.get(id)?.loops ?? {})) loop.stop();
    this.#runs.delete(id);
  }
}

/** A container that was running before the kubelet started keeps the verdict that the API has. */
function initialVerdict(pod: Pod, run: ContainerState, kind: ProbeKind): boolean | undefined {
  const reported = reportedStatus(pod, run.name);
  if (reported?.containerID !== containerId(run)) return undefined;
  if (kind === 'startup') return reported.started || undefined;
  return kind === 'readiness' ? reported.ready || undefined : undefined;
}
