import type { V1beta1ResourceSlice } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';
import { otherVersion } from '../../apimachinery/other-version.ts';
import { resourceSlice as stored } from '../resource-v1/resource-slice.ts';
import { resourceSliceConversion } from './conversion.ts';

export type ResourceSlice = Resource<V1beta1ResourceSlice>;

export const resourceSlice = otherVersion<ResourceSlice, any>(stored, {
  version: 'v1beta1',
  conversion: resourceSliceConversion,
  deprecation: 'resource.k8s.io/v1beta1 ResourceSlice is deprecated in v1.35+, unavailable in v1.38+',
});
