import type { Job } from '../../api/batch-v1/job.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { Clock } from '../../base/clock.ts';
import type { MetricRegistry } from '../../base/metrics.ts';
import { Expectations } from '../expectations.ts';
import { WrittenVersions } from '../written-versions.ts';
import type { BackoffRecord } from './backoff.ts';
import { isTracked } from './job-pods.ts';
import { JobMetrics } from './metrics.ts';

interface Remembered {
  readonly uid: string;
  /** Uids of the pods whose finalizers were removed, until the local copy shows it. */
  readonly untracked: Set<string>;
  backoff: BackoffRecord | undefined;
  /** Whether the job was counted as one of another controller. */
  elsewhere: boolean;
}

/** What the job controller knows beyond its local copies, which lag behind its own writes. All of it may be lost. */
export class JobMemory {
  readonly expectations: Expectations;
  readonly versions = new WrittenVersions();
  /** Absent: nobody counts. */
  readonly metrics: JobMetrics | undefined;
  #jobs = new Map<string, Remembered>();

  constructor(clock: Clock, metrics?: MetricRegistry) {
    this.metrics = metrics && new JobMetrics(metrics);
    this.expectations = new Expectations(clock);
  }

  untracked(key: string, job: Job, pod: Pod): void {
    this.#of(key, job).untracked.add(pod.metadata.uid);
  }

  /** Uids of the pods that only seem to have their finalizer. */
  seemTracked(key: string, job: Job, pods: readonly Pod[]): ReadonlySet<string> {
    const mine = this.#of(key, job);
    if (mine.untracked.size === 0) return mine.untracked;
    const shown = new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid));
    for (const uid of mine.untracked) if (!shown.has(uid)) mine.untracked.delete(uid);
    return new Set(mine.untracked);
  }

  backoff(key: string, job: Job): BackoffRecord | undefined {
    return this.#of(key, job).backoff;
  }

  setBackoff(key: string, job: Job, record: BackoffRecord): void {
    this.#of(key, job).backoff = record;
  }

  /** Notes that another controller has the job. */
  managedElsewhere(key: string, job: Job): void {
    const mine = this.#of(key, job);
    if (!mine.elsewhere) this.metrics?.elsewhere(job.spec!.managedBy!);
    mine.elsewhere = true;
  }

  forget(key: string): void {
    this.#jobs.delete(key);
    this.expectations.forget(key);
    this.versions.forget(key);
  }

  #of(key: string, { metadata }: Job): Remembered {
    let mine = this.#jobs.get(key);
    if (mine?.uid !== metadata.uid) {
      mine = { uid: metadata.uid, untracked: new Set(), backoff: undefined, elsewhere: false };
      this.#jobs.set(key, mine);
    }
    return mine;
  }
}
