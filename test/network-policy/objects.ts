import type { Namespace } from '../../src/api/core-v1/namespace.ts';
import type { Pod } from '../../src/api/core-v1/pod.ts';
import type { NetworkPolicy } from '../../src/api/networking-v1/network-policy.ts';

type Spec = NetworkPolicy['spec'];
type PodSpec = NonNullable<Pod['spec']>;

const metadata = (name: string, rest: object = {}) => ({
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...rest,
});

/** The policy x/p, or another of which `name` is the key. */
export function policyOf(spec: Partial<NonNullable<Spec>>, key = 'x/p'): NetworkPolicy {
  const [namespace, name = ''] = key.split('/');
  const whole = { podSelector: {}, ...spec } as Spec;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(name, { namespace }),
    spec: whole,
  };
}

/** A pod by key, with the label `pod` that is its name, on n1 unless told otherwise. */
export function podOf(
  key: string,
  ips: readonly string[],
  spec: Partial<PodSpec> = {},
  labels?: Record<string, string>,
): Pod {
  const [namespace, name = ''] = key.split('/');
  const ports = [
    { name: 'serve-80', containerPort: 80, protocol: 'TCP' },
    { name: 'serve-81', containerPort: 81, protocol: 'TCP' },
    { name: 'ask-80', containerPort: 80, protocol: 'UDP' },
  ];
  const status = { phase: 'Running', ...(ips.length > 0 && { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(name, { namespace, uid: key, labels: labels ?? { pod: name } }),
    spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'i', ports }], ...spec },
    status: status,
  };
}

/** A namespace with the label `ns` that is its name. */
export function namespaceOf(name: string, labels: Record<string, string> = { ns: name }): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: metadata(name, { labels }) };
}
