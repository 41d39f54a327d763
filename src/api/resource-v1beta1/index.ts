import type { Kind } from '../../apimachinery/kind.ts';
import { deviceClass } from './device-class.ts';
import { resourceClaimTemplate } from './resource-claim-template.ts';
import { resourceClaim } from './resource-claim.ts';
import { resourceSlice } from './resource-slice.ts';

/** The kinds of resource.k8s.io, version v1beta1. */
export const resourceV1beta1: readonly Kind[] = [deviceClass, resourceClaim, resourceClaimTemplate, resourceSlice];
