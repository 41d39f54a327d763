import type { Pod } from '../../api/core-v1/pod.ts';
import { specOf, type PodSpec } from '../pod-spec.ts';

/** The kernel's longest host name. */
const LONGEST_NAME = 64;

/**
 * The host name inside a pod: its own, else the pod's name, cut to what the kernel takes; with `setHostnameAsFQDN` the
 * whole name, with `hostnameOverride` that alone.
 * @throws Error with upstream's sentence when the whole name is longer than the kernel takes
 */
export function hostnameOf(pod: Pod, clusterDomain: string): string {
  const { hostnameOverride, setHostnameAsFQDN } = specOf(pod) as PodSpec & { hostnameOverride?: string };
  if (hostnameOverride) return hostnameOverride;
  const full = setHostnameAsFQDN && fullName(pod, clusterDomain);
  if (!full) return shortName(pod);
  if (full.length <= LONGEST_NAME) return full;
  const room = `(${LONGEST_NAME} characters is the max, ${full.length} characters requested)`;
  throw new Error(`Failed to construct FQDN from Pod hostname and cluster domain, FQDN ${full} is too long ${room}`);
}

function shortName(pod: Pod): string {
  return (specOf(pod).hostname || pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '');
}

/** Undefined for a pod without a subdomain. */
function fullName(pod: Pod, clusterDomain: string): string | undefined {
  const { subdomain, hostnameOverride } = specOf(pod) as PodSpec & { hostnameOverride?: string };
  if (!subdomain || hostnameOverride) return undefined;
  return `${shortName(pod)}.${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}`;
}

/** The `/etc/hosts` of a pod with a network of its own. */
export function hostsFile(pod: Pod, ips: readonly string[], clusterDomain: string): string {
  const { hostAliases = [], hostnameOverride } = specOf(pod) as PodSpec & { hostnameOverride?: string };
  const full = fullName(pod, clusterDomain);
  const names = [...(full ? [full] : []), hostnameOverride || shortName(pod)].join('\t');
  const lines = [
    // Tests and people tell by these words that the file is not the image's.
    '# Kubernetes-managed hosts file.',
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
  return [
    '# Kubernetes-managed hosts file (host network).',
    nodeFile.trimEnd(),
    ...aliasLines(specOf(pod).hostAliases ?? []),
    '',
  ].join('\n');
}

function aliasLines(aliases: readonly { ip: string; hostnames?: string[] }[]): string[] {
  if (aliases.length === 0) return [];
  return [
    '',
    '# Entries added by HostAliases.',
    ...aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}`),
  ];
}
