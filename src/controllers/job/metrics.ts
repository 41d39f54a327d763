import type { Job } from '../../api/batch-v1/job.ts';
import type { MetricRegistry } from '../../base/metrics.ts';
import type { Outcome } from './job-conditions.ts';

/** How jobs do, under upstream's names. */
export class JobMetrics {
  readonly #syncs;
  readonly #finished;

  constructor(registry: MetricRegistry) {
    const syncs = ['job_controller_job_syncs_total', 'Reconciles of jobs.'] as const;
    this.#syncs = registry.counter(...syncs, ['completion_mode', 'result']);
    const finished = ['job_controller_jobs_finished_total', 'Jobs that have ended.'] as const;
    this.#finished = registry.counter(...finished, ['completion_mode', 'result', 'reason']);
  }

  synced(job: Job, result: 'success' | 'error'): void {
    this.#syncs.labels(modeOf(job), result).inc();
  }

  finished(job: Job, { type, reason }: Outcome): void {
    this.#finished.labels(modeOf(job), type === 'FailureTarget' ? 'failed' : 'succeeded', reason).inc();
  }
}

function modeOf({ spec }: Job): string {
  return spec?.completionMode ?? 'NonIndexed';
}
