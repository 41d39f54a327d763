import type { V1beta2ResourceClaimTemplate } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';
import { otherVersion } from '../../apimachinery/other-version.ts';
import { resourceClaimTemplate as stored } from '../resource-v1/resource-claim-template.ts';

export type ResourceClaimTemplate = Resource<V1beta2ResourceClaimTemplate>;

export const resourceClaimTemplate = otherVersion<ResourceClaimTemplate, any>(stored, {
  version: 'v1beta2',
  deprecation: 'resource.k8s.io/v1beta2 ResourceClaimTemplate is deprecated in v1.36+, unavailable in v1.39+',
});
