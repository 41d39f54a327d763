import type { Namespace } from '../../src/api/core-v1/namespace.ts';
import type { Service } from '../../src/api/core-v1/service.ts';
import type { EndpointSlice } from '../../src/api/discovery-v1/endpoint-slice.ts';
import { ClusterState } from '../../src/dns/cluster-state.ts';

export function someNamespace(name: string): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } as Namespace;
}

/** The service shop/web unless told otherwise. */
export function someService(name: string, spec: object, namespace = 'shop'): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec } as Service;
}

export function someSlice(service: string, rest: object, name = `${service}-1`): EndpointSlice {
  const labels = { 'kubernetes.io/service-name': service };
  const base = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' };
  return { ...base, metadata: { namespace: 'shop', name, labels }, ...rest } as unknown as EndpointSlice;
}

const http = { name: 'http', protocol: 'TCP', port: 8080 };

/** A small cluster with a service of every sort. */
export function someCluster(): ClusterState {
  const state = new ClusterState();
  state.namespaces.replace(['default', 'kube-system', 'shop'].map(someNamespace));
  state.services.replace([
    someService(
      'kubernetes',
      { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'], ports: [{ name: 'https', port: 443 }] },
      'default',
    ),
    someService('kube-dns', { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'] }, 'kube-system'),
    someService('web', {
      clusterIPs: ['10.96.0.7', 'fd00::7'],
      ports: [
        { name: 'http', port: 80, protocol: 'TCP' },
        { name: 'metrics', port: 9090, protocol: 'TCP' },
      ],
    }),
    someService('plain', { clusterIPs: ['10.96.0.8'], ports: [{ port: 80 }] }),
    someService('db', { clusterIP: 'None', clusterIPs: ['None'], ports: [http] }),
    someService('empty', { clusterIP: 'None', clusterIPs: ['None'], ports: [http] }),
    someService('outside', { type: 'ExternalName', externalName: 'Example.COM.' }),
    someService('inside', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' }),
    someService('circle', { type: 'ExternalName', externalName: 'circle.shop.svc.cluster.local' }),
  ]);
  state.slices.replace([
    someSlice('db', {
      ports: [http],
      endpoints: [
        { addresses: ['10.244.0.5'], hostname: 'db-0', conditions: { ready: true } },
        { addresses: ['10.244.0.6'], hostname: 'db-1', conditions: {} },
        { addresses: ['10.244.0.7'], hostname: 'db-2', conditions: { ready: false } },
        { addresses: ['10.244.0.8'], conditions: { ready: true } },
      ],
    }),
    someSlice(
      'db',
      { addressType: 'IPv6', ports: [http], endpoints: [{ addresses: ['fd01::0005'], hostname: 'db-0' }] },
      'db-6',
    ),
    someSlice('web', { ports: [http], endpoints: [{ addresses: ['10.244.0.9'] }] }),
  ]);
  return state;
}
