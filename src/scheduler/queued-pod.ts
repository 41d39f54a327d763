import type { EventName } from './cluster-event.ts';
import type { Plugin } from './plugin.ts';
import type { PodInfo } from './pod-info.ts';

export type State =
  /** To be tried as soon as possible. */
  | 'active'
  /** Woken; to be tried when its back-off is over, or there is nothing else to do. */
  | 'backoff'
  /** To be tried when its back-off is over: something broke, and must not be hammered. */
  | 'error-backoff'
  /** To be tried when something happens that could help. */
  | 'unschedulable'
  /** A plugin does not let it be tried. */
  | 'gated'
  /** Being tried, or bound. */
  | 'taken';

/** The parts of the queue as metrics name them. */
export type QueuePart = 'active' | 'backoff' | 'unschedulable' | 'gated';

/** Why a pod came into a part of the queue, besides what happened in the cluster. */
export type Cause =
  | EventName
  | 'BackoffComplete'
  | 'PopFromBackoffQ'
  | 'ScheduleAttemptFailure'
  | 'UnschedulableTimeout'
  | 'ForceActivate';

/** A pod that waits for a node. */
export interface QueuedPod {
  info: PodInfo;
  /** How often it was tried since it came. */
  attempts: number;
  state: State;
  /** Who rejected it the last time. */
  rejectedBy: ReadonlySet<Plugin>;
  /** When it was first tried, came into its present state, and its back-off ends; milliseconds of the monotonic clock. */
  firstTried: number | undefined;
  since: number;
  backoffUntil: number;
  /** Tells the heap's item that is meant from outdated ones. */
  ticket: number;
  /** Whether the pod itself was changed while it was tried. */
  changed: boolean;
}

const nobody: ReadonlySet<Plugin> = new Set();

/** A pod that has just come and is in no part yet. */
export function newQueuedPod(info: PodInfo): QueuedPod {
  return {
    info,
    attempts: 0,
    state: 'gated',
    rejectedBy: nobody,
    firstTried: undefined,
    since: 0,
    backoffUntil: 0,
    ticket: 0,
    changed: false,
  };
}

/** The part that a state belongs to; none while the pod is tried. */
export function partOf(state: State): QueuePart | undefined {
  if (state === 'taken') return undefined;
  return state === 'error-backoff' ? 'backoff' : state;
}
