import type { Kind } from '../../apimachinery/kind.ts';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';

/** The kinds of autoscaling, version v1. */
export const autoscalingV1: readonly Kind[] = [horizontalPodAutoscaler];
