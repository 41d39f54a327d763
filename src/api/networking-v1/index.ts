import type { Kind } from '../../apimachinery/kind.ts';
import { ingress } from './ingress.ts';
import { ingressClass } from './ingress-class.ts';
import { networkPolicy } from './network-policy.ts';
import { ipAddress } from './ip-address.ts';
import { serviceCidr } from './service-cidr.ts';

/** The kinds of networking.k8s.io, version v1. */
export const networkingV1: readonly Kind[] = [ingress, ingressClass, networkPolicy, ipAddress, serviceCidr];
