import type { Kind } from '../../apimachinery/kind.ts';
import { job } from './job.ts';
import { cronJob } from './cron-job.ts';

/** The kinds of batch, version v1. */
export const batchV1: readonly Kind[] = [job, cronJob];
