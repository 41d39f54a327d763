import type { V1beta2ResourceClaim } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';
import { otherVersion } from '../../apimachinery/other-version.ts';
import { resourceClaim as stored } from '../resource-v1/resource-claim.ts';

export type ResourceClaim = Resource<V1beta2ResourceClaim>;

export const resourceClaim = otherVersion<ResourceClaim, any>(stored, {
  version: 'v1beta2',
  deprecation: 'resource.k8s.io/v1beta2 ResourceClaim is deprecated in v1.36+, unavailable in v1.39+',
});
