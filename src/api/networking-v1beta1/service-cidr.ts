import type { V1beta1ServiceCIDR } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';
import { otherVersion } from '../../apimachinery/other-version.ts';
import { serviceCidr as stored } from '../networking-v1/service-cidr.ts';

export type ServiceCIDR = Resource<V1beta1ServiceCIDR>;

export const serviceCidr = otherVersion<ServiceCIDR, any>(stored, {
  version: 'v1beta1',
  deprecation: 'networking.k8s.io/v1beta1 ServiceCIDR is deprecated in v1.34+, unavailable in v1.37+',
});
