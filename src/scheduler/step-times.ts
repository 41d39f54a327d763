import type { Rejection } from './plugin.ts';

/** Upstream's names of the steps of an attempt. */
export type ExtensionPoint =
  'PreFilter' | 'Filter' | 'PostFilter' | 'PreScore' | 'Score' | 'Reserve' | 'Permit' | 'PreBind' | 'Bind' | 'PostBind';

export type StepStatus = 'Success' | 'Wait' | 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Error';

/** Is told how long the steps take. */
export interface StepTimes {
  /** Milliseconds of any clock that only goes forward. */
  now(): number;
  took(step: ExtensionPoint, profile: string, status: StepStatus, started: number): void;
}

export const noTimes: StepTimes = { now: () => 0, took: () => undefined };

/** How a step ended that may reject the pod. */
export function statusOf(rejection: Rejection | undefined): StepStatus {
  if (!rejection) return 'Success';
  return rejection.unresolvable ? 'UnschedulableAndUnresolvable' : 'Unschedulable';
}
