import type { Pod } from '../../api/core-v1/pod.ts';
import { specOf } from '../pod-spec.ts';

export interface DnsOptions {
  /** Addresses of the cluster's DNS; without one pods use the node's. */
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** The node's own `/etc/resolv.conf`. */
  readonly nodeFile: string;
}

const MOST_NAMESERVERS = 3;
const MOST_SEARCHES = 32;
const LONGEST_SEARCH = 2048;

interface Resolver {
  nameservers: string[];
  searches: string[];
  options: string[];
}

/** The `/etc/resolv.conf` of a pod, by its `dnsPolicy` and `dnsConfig`. */
export function resolvConf(pod: Pod, dns: DnsOptions): string {
  const { dnsConfig } = specOf(pod);
  const base = baseOf(pod, dns);
  const nameservers = unique([...base.nameservers, ...(dnsConfig?.nameservers ?? [])]).slice(0, MOST_NAMESERVERS);
  const searches = shortened(unique([...base.searches, ...(dnsConfig?.searches ?? [])]));
  const own = (dnsConfig?.options ?? []).map(({ name, value }) => (value ? `${name}:${value}` : (name ?? '')));
  const overridden = new Set(own.map((o) => o.split(':')[0]));
  const options = [...base.options.filter((o) => !overridden.has(o.split(':')[0])), ...own];
  const lines = [
    ...(searches.length ? [`search ${searches.join(' ')}`] : []),
    ...nameservers.map((ip) => `nameserver ${ip}`),
    ...(options.length ? [`options ${options.join(' ')}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function baseOf(pod: Pod, { clusterDns, clusterDomain, nodeFile }: DnsOptions): Resolver {
  const { dnsPolicy = 'ClusterFirst', hostNetwork } = specOf(pod);
  if (dnsPolicy === 'None') return { nameservers: [], searches: [], options: [] };
  const node = parseResolvConf(nodeFile);
  const cluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  if (!cluster || clusterDns.length === 0) return node;
  const { namespace } = pod.metadata;
  const searches = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain, ...node.searches];
  return { nameservers: [...clusterDns], searches, options: ['ndots:5'] };
}

/** What a resolver file says. */
function parseResolvConf(text: string): Resolver {
  const out: Resolver = { nameservers: [], searches: [], options: [] };
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === 'nameserver' && rest[0]) out.nameservers.push(rest[0]);
    else if (word === 'search' || word === 'domain') out.searches = rest;
    else if (word === 'options') out.options = rest;
  }
  return out;
}

/** As many as the resolvers of C libraries read. */
function shortened(searches: string[]): string[] {
  const kept = searches.slice(0, MOST_SEARCHES);
  while (kept.join(' ').length > LONGEST_SEARCH) kept.pop();
  return kept;
}

function unique(list: string[]): string[] {
  return [...new Set(list)];
}
