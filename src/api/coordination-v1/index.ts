import type { Kind } from '../../apimachinery/kind.ts';
import { lease } from './lease.ts';

/** The kinds of coordination.k8s.io, version v1. */
export const coordinationV1: readonly Kind[] = [lease];
