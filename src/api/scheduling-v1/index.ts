import type { Kind } from '../../apimachinery/kind.ts';
import { priorityClass } from './priority-class.ts';

/** The kinds of scheduling.k8s.io, version v1. */
export const schedulingV1: readonly Kind[] = [priorityClass];
