import type { EndpointSlice } from '../../src/api/discovery-v1/endpoint-slice.ts';
import type { Service } from '../../src/api/core-v1/service.ts';
import type { NodeFacts } from '../../src/proxy/endpoints.ts';
import { servicePorts, type ServicePort } from '../../src/proxy/model.ts';

const metadata = (name: string, rest: object = {}) => ({
  name,
  namespace: 'shop',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...rest,
});

/** The service shop/web: 10.96.0.10:80, unless told otherwise. */
export function webService(spec: Partial<NonNullable<Service['spec']>> = {}, rest: object = {}): Service {
  const ports = [{ port: 80, protocol: 'TCP' }];
  const base = { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'], type: 'ClusterIP', ports };
  return { apiVersion: 'v1', kind: 'Service', metadata: metadata('web', rest), spec: { ...base, ...spec } };
}

export type SliceEndpoint = NonNullable<EndpointSlice['endpoints']>[number];

/** A slice of shop/web; an endpoint given as an address is ready and on n1. */
export function webSlice(
  endpoints: (string | SliceEndpoint)[],
  ports: EndpointSlice['ports'] = [{ port: 8080, protocol: 'TCP', name: '' }],
  name = 'web-1',
): EndpointSlice {
  const first = endpoints[0] ?? '';
  const address = typeof first === 'string' ? first : (first.addresses[0] ?? '');
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata(name, { labels: { 'kubernetes.io/service-name': 'web' } }),
    addressType: address.includes(':') ? 'IPv6' : 'IPv4',
    ...(ports && { ports }),
    endpoints: endpoints.map((e) => (typeof e === 'string' ? { addresses: [e], nodeName: 'n1' } : e)),
  };
}

/** The ports of shop/web as the node n1 serves them. */
export function webPorts(
  spec: Parameters<typeof webService>[0],
  endpoints: Parameters<typeof webSlice>[0],
  node: Partial<NodeFacts> = {},
): ServicePort[] {
  return servicePorts(webService(spec), [webSlice(endpoints)], { name: 'n1', ...node });
}
