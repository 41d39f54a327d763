import type { Kind } from '../../apimachinery/kind.ts';
import { deviceClass } from './device-class.ts';
import { resourceClaim } from './resource-claim.ts';
import { resourceClaimTemplate } from './resource-claim-template.ts';
import { resourceSlice } from './resource-slice.ts';

/** The kinds of resource.k8s.io, version v1. */
export const resourceV1: readonly Kind[] = [deviceClass, resourceClaim, resourceClaimTemplate, resourceSlice];
