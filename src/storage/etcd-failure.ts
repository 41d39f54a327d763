import { ApiError, expired, serviceUnavailable, timeout, tooLargeResourceVersion } from '../apimachinery/api-error.ts';
import { errorMessage } from '../base/log.ts';
import { GrpcError, grpcStatus } from './grpc-error.ts';
import type { Freshness } from './storage.ts';

/** What is known about a call to etcd that failed. */
export interface FailedCall {
  /** `read`, `write` and the like. */
  readonly what: string;
  readonly freshness: Freshness;
  /** The endpoints, for the message. */
  readonly where: string;
  /** Milliseconds that the call had. */
  readonly deadline: number;
}

/** Whether etcd could not be reached, or broke off, which may pass. */
export function isAway(error: unknown): boolean {
  return error instanceof GrpcError && error.code === grpcStatus.unavailable;
}

/** The error of the client library as a sentence that says what to do; what we do not know stays as it is. */
export function etcdFailure(error: unknown, call: FailedCall): unknown {
  if (error instanceof ApiError) return error;
  const message = errorMessage(error);
  const revision = call.freshness && 'exactly' in call.freshness ? call.freshness.exactly : 0;
  if (message.includes('has been compacted')) {
    return expired(`the state at resource version ${revision} has been compacted: start a new list without it`);
  }
  if (message.includes('is a future revision')) return tooLargeResourceVersion(revision, 0);
  if (message.includes('request is too large') || message.includes('larger than max')) {
    return new ApiError(413, 'RequestEntityTooLarge', 'the object is too large for etcd: keep it under 1.5 MB');
  }
  if (message.includes('database space exceeded')) {
    return serviceUnavailable('etcd is full: compact and defragment it, or raise its quota, then disarm its alarm');
  }
  if (isAway(error)) {
    return serviceUnavailable(`etcd at ${call.where} cannot be reached: check that it runs (${message})`);
  }
  return isTooSlow(error) ? tooSlow(call) : error;
}

function isTooSlow(error: unknown): boolean {
  return error instanceof GrpcError && tooSlowStatuses.has(error.code);
}

const tooSlowStatuses = new Set<number>([grpcStatus.deadlineExceeded, grpcStatus.cancelled]);

function tooSlow({ what, where, deadline }: FailedCall): ApiError {
  const doubt = what === 'write' ? ', and it is open whether the write was done' : '';
  return timeout(`etcd at ${where} did not answer the ${what} within ${deadline / 1000} s${doubt}`);
}
