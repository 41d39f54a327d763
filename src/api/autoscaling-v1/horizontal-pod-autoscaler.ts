import { otherVersion } from '../../apimachinery/other-version.ts';
import { horizontalPodAutoscaler as stored } from '../autoscaling-v2/horizontal-pod-autoscaler.ts';
import { conversion, type HorizontalPodAutoscaler } from './conversion.ts';

export type { HorizontalPodAutoscaler } from './conversion.ts';

export const horizontalPodAutoscaler = otherVersion<HorizontalPodAutoscaler, any>(stored, {
  version: 'v1',
  conversion,
});
