import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { Snapshot } from './snapshot.ts';

/** What can make a pod fit that did not fit before. */
export type ClusterEvent =
  | 'node-added'
  | 'node-allocatable'
  | 'node-labels'
  | 'node-taints'
  | 'node-unschedulable'
  /** A pod left its node, or asks for less. */
  | 'pod-freed';

/** Why a pod cannot run on a node. */
export interface Rejection {
  /** As they are counted in the message: `Insufficient cpu`. */
  readonly reasons: readonly string[];
  /** True when removing other pods from the node would not help. */
  readonly unresolvable: boolean;
}

/** The best and the worst that `score` may say after `normalize`. */
export const BEST_SCORE = 100;

/**
 * A rule of scheduling. It implements only the steps it needs; all are synchronous and must not change what they are
 * given. `S` is what the plugin works out once per pod, in `prepare`, and gets back in the other steps.
 */
export interface Plugin<S = any> {
  /** Upstream's name. */
  readonly name: string;
  /** Whether the pod may be tried at all; if not it waits until it is changed. */
  admit?(pod: PodInfo): boolean;
  /** The order of the queue: negative when `a` is first. Exactly one plugin of a profile has it. */
  compare?(a: PodInfo, b: PodInfo): number;
  /** Work that is the same for all nodes. */
  prepare?(pod: PodInfo, snapshot: Snapshot): S;
  /** Whether the pod can run there: undefined, or why not. */
  filter?(pod: PodInfo, node: NodeInfo, state: S): Rejection | undefined;
  /** How well the pod would stand there; 0 to 100, or any number when there is a `normalize`. */
  score?(pod: PodInfo, node: NodeInfo, state: S): number;
  /** Brings the scores of all nodes into 0 to 100, in place. */
  normalize?(scores: number[]): void;
  /** How much the score counts. Default 1. */
  readonly weight?: number;
  /** The events that can turn this plugin's rejection into a fit. */
  readonly wakesOn?: readonly ClusterEvent[];
}

/** What pods of one `spec.schedulerName` are scheduled by. */
export interface Profile {
  readonly schedulerName: string;
  readonly plugins: readonly Plugin[];
}

/** Scales scores so that the highest becomes 100; `reverse` makes it 0 and turns the others round. */
export function scaleToBest(scores: number[], reverse = false): void {
  const highest = scores.reduce((a, b) => Math.max(a, b), 0);
  for (let i = 0; i < scores.length; i++) {
    const scaled = highest === 0 ? 0 : Math.trunc((scores[i]! * BEST_SCORE) / highest);
    scores[i] = reverse ? BEST_SCORE - scaled : scaled;
  }
}
