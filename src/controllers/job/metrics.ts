import type { Job } from '../../api/batch-v1/job.ts';
import type { MetricRegistry } from '../../base/metrics.ts';
import { countOf, parseIndexes } from './indexes.ts';
import type { Outcome } from './job-conditions.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { verdictOf } from './failure-policy.ts';
import { isIndexed, isPodFailed, isTerminating, replacesFailedOnly } from './job-pods.ts';
import { countsPerIndex, type JobState, type JobStatus } from './job-state.ts';

/** What a round did above all. */
export type Action = 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted';

/** Why pods of jobs are made: whether there were others before that end or have failed (KEP-3939). */
export type CreationReason = 'new' | 'recreate_failed' | 'recreate_terminating_or_failed';

/** Seconds: from 4 ms to a minute, doubled each time. */
const BOUNDS = Array.from({ length: 15 }, (_, i) => 0.004 * 2 ** i);

/** How jobs do, under upstream's names. */
export class JobMetrics {
  readonly #syncs;
  readonly #finished;
  readonly #durations;
  readonly #pods;
  readonly #indexes;
  readonly #creations;
  readonly #handled;
  readonly #elsewhere;

  constructor(registry: MetricRegistry) {
    const syncs = ['job_controller_job_syncs_total', 'Reconciles of jobs.'] as const;
    this.#syncs = registry.counter(...syncs, ['completion_mode', 'result']);
    const finished = ['job_controller_jobs_finished_total', 'Jobs that have ended.'] as const;
    this.#finished = registry.counter(...finished, ['completion_mode', 'result', 'reason']);
    const durations = ['job_controller_job_sync_duration_seconds', 'How long reconciles of jobs took.'] as const;
    this.#durations = registry.histogram(...durations, ['completion_mode', 'result', 'action'], BOUNDS);
    const pods = ['job_controller_job_pods_finished_total', 'Pods of jobs that have ended and were counted.'] as const;
    this.#pods = registry.counter(...pods, ['completion_mode', 'result']);
    const indexes = ['job_controller_job_finished_indexes_total', 'Indexes of jobs that have ended.'] as const;
    this.#indexes = registry.counter(...indexes, ['status', 'backoffLimit']);
    const creations = ['job_controller_job_pods_creation_total', 'Pods of jobs that were to be made.'] as const;
    this.#creations = registry.counter(...creations, ['reason', 'status']);
    const handled = [
      'job_controller_pod_failures_handled_by_failure_policy_total',
      'Failed pods that a rule of the failure policy matched.',
    ] as const;
    this.#handled = registry.counter(...handled, ['action']);
    const elsewhere = [
      'job_controller_jobs_by_external_controller_total',
      'Jobs that another controller manages.',
    ] as const;
    this.#elsewhere = registry.counter(...elsewhere, ['controller_name']);
  }

  /** @param seconds how long it took */
  synced(job: Job, result: 'success' | 'error', action: Action, seconds: number): void {
    this.#syncs.labels(modeOf(job), result).inc();
    this.#durations.labels(modeOf(job), result, action).observe(seconds);
  }

  /** Counts the pods and indexes that have ended since the job had its present status. */
  counted(job: Job, after: JobStatus): void {
    const before = job.status ?? {};
    const more = (what: 'succeeded' | 'failed') => Math.max(0, (after[what] ?? 0) - (before[what] ?? 0));
    for (const result of ['succeeded', 'failed'] as const) this.#pods.labels(modeOf(job), result).inc(more(result));
    if (!isIndexed(job)) return;
    const completions = job.spec?.completions ?? 0;
    const news = (list: 'completedIndexes' | 'failedIndexes') =>
      countOf(parseIndexes(after[list], completions)) - countOf(parseIndexes(before[list], completions));
    const limit = countsPerIndex(job) ? 'perIndex' : 'global';
    this.#indexes.labels('succeeded', limit).inc(Math.max(0, news('completedIndexes')));
    this.#indexes.labels('failed', limit).inc(Math.max(0, news('failedIndexes')));
  }

  /** @param counts how many pods could be made and how many could not */
  created(reason: CreationReason, { succeeded, failed }: { succeeded: number; failed: number }): void {
    this.#creations.labels(reason, 'succeeded').inc(succeeded);
    this.#creations.labels(reason, 'failed').inc(failed);
  }

  /** Counts what the failure policy said of those pods that failed. */
  handled(job: Job, pods: readonly Pod[]): void {
    for (const pod of pods) {
      const verdict = isPodFailed(pod, job) ? verdictOf(job, pod) : undefined;
      if (verdict) this.#handled.labels(verdict.action).inc();
    }
  }

  /** Counts a job that was seen for the first time, and is another controller's. */
  elsewhere(controllerName: string): void {
    this.#elsewhere.labels(controllerName).inc();
  }

  finished(job: Job, { type, reason }: Outcome): void {
    this.#finished.labels(modeOf(job), type === 'FailureTarget' ? 'failed' : 'succeeded', reason).inc();
  }
}

/** Why the pods are made that a job wants now. */
export function creationReason({ job, pods, failed }: JobState): CreationReason {
  if (replacesFailedOnly(job)) return failed > 0 ? 'recreate_failed' : 'new';
  return failed > 0 || pods.some(isTerminating) ? 'recreate_terminating_or_failed' : 'new';
}

function modeOf({ spec }: Job): string {
  return spec?.completionMode ?? 'NonIndexed';
}
