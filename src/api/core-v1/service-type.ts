import type { V1Service, V1ServicePort } from '@kubernetes/client-node';
import type { Plain, Resource } from '../../apimachinery/object.ts';

export type Service = Resource<V1Service>;
export type ServiceSpec = NonNullable<Service['spec']>;
export type ServicePort = Plain<V1ServicePort>;

/** Whether this type of service is reached from outside the cluster. */
export function isExternal(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

/** The same, also by addresses that its owner has brought along. */
export function isReachable(spec: ServiceSpec): boolean {
  return isExternal(spec) || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);
}
