import type { V1beta1ResourceClaim } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';
import { otherVersion } from '../../apimachinery/other-version.ts';
import { resourceClaim as stored } from '../resource-v1/resource-claim.ts';
import { resourceClaimConversion } from './conversion.ts';

export type ResourceClaim = Resource<V1beta1ResourceClaim>;

export const resourceClaim = otherVersion<ResourceClaim, any>(stored, {
  version: 'v1beta1',
  conversion: resourceClaimConversion,
  deprecation: 'resource.k8s.io/v1beta1 ResourceClaim is deprecated in v1.35+, unavailable in v1.38+',
});
