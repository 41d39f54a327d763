import type { Kind } from '../../apimachinery/kind.ts';
import { nodeMetrics } from './node-metrics.ts';
import { podMetrics } from './pod-metrics.ts';

/** The kinds of metrics.k8s.io, version v1beta1. */
export const metricsV1beta1: readonly Kind[] = [nodeMetrics, podMetrics];
