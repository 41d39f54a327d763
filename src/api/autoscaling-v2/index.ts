import type { Kind } from '../../apimachinery/kind.ts';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';

/** The kinds of autoscaling, version v2. */
export const autoscalingV2: readonly Kind[] = [horizontalPodAutoscaler];
