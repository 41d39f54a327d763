import type { Kind } from '../../apimachinery/kind.ts';
import { runtimeClass } from './runtime-class.ts';

/** The kinds of node.k8s.io, version v1. */
export const nodeV1: readonly Kind[] = [runtimeClass];
