import type { V1beta1VolumeAttributesClass } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';
import { otherVersion } from '../../apimachinery/other-version.ts';
import { volumeAttributesClass as stored } from '../storage-v1/volume-attributes-class.ts';

export type VolumeAttributesClass = Resource<V1beta1VolumeAttributesClass>;

export const volumeAttributesClass = otherVersion<VolumeAttributesClass, any>(stored, {
  version: 'v1beta1',
  deprecation: 'storage.k8s.io/v1beta1 VolumeAttributesClass is deprecated in v1.34+, unavailable in v1.37+',
});
