import type { V1beta1IPAddress } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';
import { otherVersion } from '../../apimachinery/other-version.ts';
import { ipAddress as stored } from '../networking-v1/ip-address.ts';

export type IPAddress = Resource<V1beta1IPAddress>;

export const ipAddress = otherVersion<IPAddress, any>(stored, {
  version: 'v1beta1',
  deprecation: 'networking.k8s.io/v1beta1 IPAddress is deprecated in v1.34+, unavailable in v1.37+',
});
