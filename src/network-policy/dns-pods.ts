import type { Pod } from '../api/core-v1/pod.ts';
import type { EndpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import type { InformerSelection } from '../client/informer.ts';

/** The slices of the cluster's DNS, which runs beside nodes and not in pods. */
export const dnsSlices: InformerSelection = {
  namespace: 'kube-system',
  labelSelector: 'endpointslice.kubernetes.io/managed-by=coxswain-dns',
};

/**
 * The pod that policies take a server of the cluster's DNS for: rules that let pods ask it speak of pods of `kube-system`
 * with the label `k8s-app=kube-dns`, as in any cluster.
 */
export function dnsPod({ metadata, endpoints, ports }: EndpointSlice): Pod {
  const podIPs = (endpoints ?? []).flatMap(({ addresses }) => addresses.map((ip) => ({ ip })));
  const named = (ports ?? []).flatMap(({ name, protocol = 'TCP', port }) =>
    name && port ? [{ name, protocol, containerPort: port }] : [],
  );
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, labels: { 'k8s-app': 'kube-dns' } },
    spec: { containers: [{ name: 'dns', image: '', ports: named }] },
    status: { phase: 'Running', podIPs },
  };
}
