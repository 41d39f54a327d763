import type { Kind } from '../../apimachinery/kind.ts';
import { leaseCandidate } from './lease-candidate.ts';

/** The kinds of coordination.k8s.io, version v1beta1. */
export const coordinationV1beta1: readonly Kind[] = [leaseCandidate];
