import type { Pod } from '../../api/core-v1/pod.ts';
import { specOf } from '../pod-spec.ts';

/** The host name inside a pod: its own, else the pod's name, cut to what the kernel takes. */
export function hostnameOf(pod: Pod): string {
  return (specOf(pod).hostname || pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '');
}

/** The `/etc/hosts` of a pod with a network of its own. */
export function hostsFile(pod: Pod, ips: readonly string[], clusterDomain: string): string {
  const { subdomain, hostAliases = [] } = specOf(pod);
  const name = hostnameOf(pod);
  const names = subdomain ? `${name}.${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}\t${name}` : name;
  const lines = [
    '# Written by the kubelet.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...ips.map((ip) => `${ip}\t${names}`),
  ];
  return [...lines, ...aliasLines(hostAliases), ''].join('\n');
}

/** The node's `/etc/hosts` with the pod's aliases, for pods in the node's network. */
export function hostNetworkHostsFile(pod: Pod, nodeFile: string): string {
  return [nodeFile.trimEnd(), ...aliasLines(specOf(pod).hostAliases ?? []), ''].join('\n');
}

function aliasLines(aliases: readonly { ip: string; hostnames?: string[] }[]): string[] {
  if (aliases.length === 0) return [];
  return ['', '# Entries of the pod.', ...aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}`)];
}
