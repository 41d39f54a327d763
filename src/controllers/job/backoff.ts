import type { Pod } from '../../api/core-v1/pod.ts';
import { finishTime } from './job-pods.ts';

/** Milliseconds before the first failed pod is replaced, and the most. */
const INITIAL = 10_000;
const LONGEST = 600_000;

/** What decides how long a job waits before it makes new pods. */
export interface BackoffRecord {
  /** Failures since a pod last succeeded. */
  readonly failures: number;
  /** When the last of them ended, in milliseconds. */
  readonly lastFailure: number;
}

export const noFailures: BackoffRecord = { failures: 0, lastFailure: 0 };

/** The record after these pods have ended: a success begins anew, and only what failed after it counts. */
export function advance(before: BackoffRecord, succeeded: readonly Pod[], failed: readonly Pod[]): BackoffRecord {
  const failures = failed.map(finishTime);
  if (succeeded.length > 0) {
    const lastSuccess = succeeded.reduce((last, pod) => Math.max(last, finishTime(pod)), 0);
    return counted(
      noFailures,
      failures.filter((time) => time > lastSuccess),
    );
  }
  return counted(before, failures);
}

function counted(before: BackoffRecord, times: readonly number[]): BackoffRecord {
  if (times.length === 0) return before;
  return { failures: before.failures + times.length, lastFailure: times.reduce((a, b) => Math.max(a, b)) };
}

/** Milliseconds until new pods may be made: 10 s after the first failure, doubling up to ten minutes. */
export function remaining({ failures, lastFailure }: BackoffRecord, now: number): number {
  if (failures === 0) return 0;
  const delay = Math.min(LONGEST, INITIAL * 2 ** Math.min(failures - 1, 30));
  return Math.max(0, lastFailure + delay - now);
}
