import type { V1beta1ResourceClaimTemplate } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';
import { otherVersion } from '../../apimachinery/other-version.ts';
import { resourceClaimTemplate as stored } from '../resource-v1/resource-claim-template.ts';
import { resourceClaimTemplateConversion } from './conversion.ts';

export type ResourceClaimTemplate = Resource<V1beta1ResourceClaimTemplate>;

export const resourceClaimTemplate = otherVersion<ResourceClaimTemplate, any>(stored, {
  version: 'v1beta1',
  conversion: resourceClaimTemplateConversion,
  deprecation: 'resource.k8s.io/v1beta1 ResourceClaimTemplate is deprecated in v1.35+, unavailable in v1.38+',
});
