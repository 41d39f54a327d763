import type { V1beta2ResourceSlice } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';
import { otherVersion } from '../../apimachinery/other-version.ts';
import { resourceSlice as stored } from '../resource-v1/resource-slice.ts';

export type ResourceSlice = Resource<V1beta2ResourceSlice>;

export const resourceSlice = otherVersion<ResourceSlice, any>(stored, {
  version: 'v1beta2',
  deprecation: 'resource.k8s.io/v1beta2 ResourceSlice is deprecated in v1.36+, unavailable in v1.39+',
});
