import { isIP, SocketAddress } from 'node:net';
import type { Pod } from '../api/core-v1/pod.ts';

export type Family = 4 | 6;
export const families = [4, 6] as const satisfies readonly Family[];

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** A port of a container that policies can name. */
export interface NamedPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** What policies see of a pod. */
export interface PodFacts {
  /** `namespace/name` */
  readonly key: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As the kernel writes them. */
  readonly addresses: readonly string[];
  readonly ports: readonly NamedPort[];
  /** Whether it is on this node. */
  readonly local: boolean;
}

/**
 * What policies see of a pod; undefined when they do not see it: it has no address of its own (yet, or because it shares
 * its node's), or it is over and its address may be another's by now.
 * @param told addresses that the node knows and the API does not yet
 */
export function podFacts(pod: Pod, nodeName: string, told: readonly string[] = []): PodFacts | undefined {
  const { metadata, spec, status } = pod;
  if (spec?.hostNetwork || status?.phase === 'Succeeded' || status?.phase === 'Failed') return undefined;
  const reported = [status?.podIP, ...(status?.podIPs ?? []).map(({ ip }) => ip)];
  const addresses = [...new Set([...reported, ...told].flatMap((ip) => (ip && isIP(ip) ? [canonical(ip)] : [])))];
  if (addresses.length === 0) return undefined;
  const namespace = metadata.namespace ?? '';
  const local = spec?.nodeName === nodeName || told.length > 0;
  const labels = metadata.labels ?? {};
  return { key: `${namespace}/${metadata.name}`, namespace, labels, addresses, ports: namedPorts(pod), local };
}

/** Whether policies see the same in both. */
export function sameFacts(a: PodFacts | undefined, b: PodFacts | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.local === b.local &&
    a.addresses.join() === b.addresses.join() &&
    sameLabels(a.labels, b.labels) &&
    a.ports.length === b.ports.length &&
    a.ports.every((port, i) => samePort(port, b.ports[i]!))
  );
}

export function familyOf(address: string): Family {
  return isIP(address) === 6 ? 6 : 4;
}

/** Ports of containers that run as long as the pod does. */
function namedPorts({ spec }: Pod): NamedPort[] {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...sidecars, ...(spec?.containers ?? [])].flatMap(({ ports = [] }) =>
    ports.flatMap(({ name, protocol, containerPort }) =>
      name ? [{ name, protocol: (protocol ?? 'TCP') as Protocol, port: containerPort }] : [],
    ),
  );
}

function canonical(ip: string): string {
  return isIP(ip) === 6 ? new SocketAddress({ address: ip, family: 'ipv6' }).address : ip;
}

export function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function samePort(a: NamedPort, b: NamedPort): boolean {
  return a.name === b.name && a.protocol === b.protocol && a.port === b.port;
}
