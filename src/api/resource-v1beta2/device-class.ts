import type { V1beta2DeviceClass } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';
import { otherVersion } from '../../apimachinery/other-version.ts';
import { deviceClass as stored } from '../resource-v1/device-class.ts';

export type DeviceClass = Resource<V1beta2DeviceClass>;

export const deviceClass = otherVersion<DeviceClass, any>(stored, {
  version: 'v1beta2',
  deprecation: 'resource.k8s.io/v1beta2 DeviceClass is deprecated in v1.36+, unavailable in v1.39+',
});
