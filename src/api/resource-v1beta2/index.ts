import type { Kind } from '../../apimachinery/kind.ts';
import { deviceTaintRule } from './device-taint-rule.ts';

/** The kinds of resource.k8s.io, version v1beta2. */
export const resourceV1beta2: readonly Kind[] = [deviceTaintRule];
