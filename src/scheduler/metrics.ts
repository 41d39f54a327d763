import type { Clock } from '../base/clock.ts';
import { MetricRegistry, type Counter, type Gauge, type Histogram, type Observations } from '../base/metrics.ts';
import type { Profile } from './profile.ts';
import type { ExtensionPoint, StepStatus, StepTimes } from './step-times.ts';
import type { Cause, QueuedPod, QueuePart } from './queued-pod.ts';

/** What was seen of each step and way to end. */
type StepObservations = Partial<Record<ExtensionPoint, Partial<Record<StepStatus, Observations>>>>;

const seconds = (first: number, count: number) => Array.from({ length: count }, (_, i) => first * 2 ** i);

/** What the scheduler counts, under upstream's names. */
export class SchedulerMetrics implements StepTimes {
  readonly #clock: Clock;
  readonly #pending: Gauge;
  readonly #incoming: Counter;
  readonly #attempts: Counter;
  readonly #duration: Histogram;
  readonly #sli: Histogram;
  readonly #tries: Histogram;
  readonly #steps: Histogram;
  /** Its parts, by profile: every attempt takes ten steps. */
  readonly #stepsOf = new Map<string, StepObservations>();

  constructor(registry: MetricRegistry = new MetricRegistry(), clock: Clock) {
    this.#clock = clock;
    this.#pending = registry.gauge('scheduler_pending_pods', 'Pods that wait, by the part of the queue they are in.', [
      'queue',
    ]);
    this.#incoming = registry.counter(
      'scheduler_queue_incoming_pods_total',
      'Pods that came into a part of the queue, by what brought them there.',
      ['queue', 'event'],
    );
    this.#attempts = registry.counter(
      'scheduler_schedule_attempts_total',
      'Attempts to schedule a pod, by their result.',
      ['result', 'profile'],
    );
    this.#duration = registry.histogram(
      'scheduler_scheduling_attempt_duration_seconds',
      'Seconds from taking a pod off the queue until it was bound, or found not to fit.',
      ['result', 'profile'],
      seconds(0.001, 15),
    );
    this.#sli = registry.histogram(
      'scheduler_pod_scheduling_sli_duration_seconds',
      'Seconds from when a pod could first be tried until it was bound.',
      ['attempts'],
      seconds(0.01, 20),
    );
    this.#tries = registry.histogram(
      'scheduler_pod_scheduling_attempts',
      'How often pods were tried until they were bound.',
      [],
      [1, 2, 4, 8, 16],
    );
    this.#steps = registry.histogram(
      'scheduler_framework_extension_point_duration_seconds',
      'Seconds that all plugins together took for a step of an attempt.',
      ['extension_point', 'status', 'profile'],
      seconds(0.0001, 12),
    );
  }

  /** Lets the gauge of waiting pods tell what `counts` says whenever somebody asks. */
  pending(counts: () => Record<QueuePart, number>): void {
    for (const part of ['active', 'backoff', 'unschedulable', 'gated'] as const) {
      this.#pending.live([part], () => counts()[part]);
    }
  }

  incoming(part: QueuePart, cause: Cause): void {
    this.#incoming.labels(part, cause).inc();
  }

  scheduled({ schedulerName }: Profile, { attempts, firstTried }: QueuedPod, started: number): void {
    this.#attempt('scheduled', schedulerName, started);
    const label = attempts >= 15 ? '15+' : String(attempts);
    this.#sli.labels(label).observe((this.#clock.monotonic() - (firstTried ?? started)) / 1000);
    this.#tries.labels().observe(attempts);
  }

  unschedulable({ schedulerName }: Profile, started: number): void {
    this.#attempt('unschedulable', schedulerName, started);
  }

  error({ schedulerName }: Profile, started: number): void {
    this.#attempt('error', schedulerName, started);
  }

  now(): number {
    return this.#clock.monotonic();
  }

  took(step: ExtensionPoint, profile: string, status: StepStatus, started: number): void {
    let ofProfile = this.#stepsOf.get(profile);
    if (!ofProfile) this.#stepsOf.set(profile, (ofProfile = {}));
    const ofStep = (ofProfile[step] ??= {});
    const seen = (ofStep[status] ??= this.#steps.labels(step, status, profile));
    seen.observe((this.#clock.monotonic() - started) / 1000);
  }

  #attempt(result: string, profile: string, started: number): void {
    this.#attempts.labels(result, profile).inc();
    this.#duration.labels(result, profile).observe((this.#clock.monotonic() - started) / 1000);
  }
}
