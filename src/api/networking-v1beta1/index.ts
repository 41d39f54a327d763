import type { Kind } from '../../apimachinery/kind.ts';
import { ipAddress } from './ip-address.ts';
import { serviceCidr } from './service-cidr.ts';

/** The kinds of networking.k8s.io, version v1beta1. */
export const networkingV1beta1: readonly Kind[] = [ipAddress, serviceCidr];
