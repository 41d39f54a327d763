import type { Kind } from '../../apimachinery/kind.ts';
import { podDisruptionBudget } from './pod-disruption-budget.ts';

/** The kinds of policy, version v1. */
export const policyV1: readonly Kind[] = [podDisruptionBudget];
