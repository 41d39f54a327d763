import type { Job } from '../../api/batch-v1/job.ts';
import type { MetricRegistry } from '../../base/metrics.ts';
import { countOf, parseIndexes } from './indexes.ts';
import type { Outcome } from './job-conditions.ts';
import { isIndexed } from './job-pods.ts';
import { countsPerIndex, type JobStatus } from './job-state.ts';

/** What a round did above all. */
export type Action = 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted';

/** Seconds: from 4 ms to a minute, doubled each time. */
const BOUNDS = Array.from({ length: 15 }, (_, i) => 0.004 * 2 ** i);

/** How jobs do, under upstream's names. */
export class JobMetrics {
  readonly #syncs;
  readonly #finished;
  readonly #durations;
  readonly #pods;
  readonly #indexes;

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

  finished(job: Job, { type, reason }: Outcome): void {
    this.#finished.labels(modeOf(job), type === 'FailureTarget' ? 'failed' : 'succeeded', reason).inc();
  }
}

function modeOf({ spec }: Job): string {
  return spec?.completionMode ?? 'NonIndexed';
}
