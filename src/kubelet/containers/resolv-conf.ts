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

/** A warning that goes on the pod. */
export interface DnsWarning {
  readonly reason: string;
  readonly message: string;
}

/** What of a pod's wishes for DNS could not be fulfilled, in upstream's words. */
export function dnsWarnings(pod: Pod, dns: DnsOptions): DnsWarning[] {
  const warnings: DnsWarning[] = [];
  const { name, namespace, uid } = pod.metadata;
  const fallback =
    'kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.';
  if (dns.clusterDns.length === 0 && asksCluster(pod))
    warnings.push({ reason: 'MissingClusterDNS', message: `pod: "${namespace}/${name}(${uid})". ${fallback}` });
  const { wanted, nameservers, searches } = resolverOf(pod, dns);
  const omitted = (what: string, some: string, line: string, applied: readonly string[]) =>
    `${what} limits were exceeded, some ${some} have been omitted, the applied ${line} line is: ${applied.join(' ')}`;
  const forming = (message: string) => warnings.push({ reason: 'DNSConfigForming', message });
  if (wanted.searches.length > searches.length) forming(omitted('Search Line', 'search paths', 'search', searches));
  if (wanted.nameservers.length > nameservers.length)
    forming(omitted('Nameserver', 'nameservers', 'nameserver', nameservers));
  return warnings;
}

/** The servers and search path that a pod wants, and what of them resolvers read. */
function resolverOf(pod: Pod, dns: DnsOptions) {
  const { dnsConfig } = specOf(pod);
  const base = baseOf(pod, dns);
  const wanted = {
    nameservers: unique([...base.nameservers, ...(dnsConfig?.nameservers ?? [])]),
    searches: unique([...base.searches, ...(dnsConfig?.searches ?? [])]),
  };
  const nameservers = wanted.nameservers.slice(0, MOST_NAMESERVERS);
  return { base, wanted, nameservers, searches: shortened(wanted.searches) };
}

/** The `/etc/resolv.conf` of a pod, by its `dnsPolicy` and `dnsConfig`. */
export function resolvConf(pod: Pod, dns: DnsOptions): string {
  const { dnsConfig } = specOf(pod);
  const { base, nameservers, searches } = resolverOf(pod, dns);
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
  if (specOf(pod).dnsPolicy === 'None') return { nameservers: [], searches: [], options: [] };
  const node = parseResolvConf(nodeFile);
  if (!asksCluster(pod) || clusterDns.length === 0) return node;
  const { namespace } = pod.metadata;
  const searches = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain, ...node.searches];
  return { nameservers: [...clusterDns], searches, options: ['ndots:5'] };
}

function asksCluster(pod: Pod): boolean {
  const { dnsPolicy = 'ClusterFirst', hostNetwork } = specOf(pod);
  return dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
}

/** What a resolver file says. */
function parseResolvConf(text: string): Resolver {
  const out: Resolver = { nameservers: [], searches: [], options: [] };
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === 'nameserver' && rest[0]) out.nameservers.push(rest[0]);
    else if (word === 'search' || word === 'domain') out.searches = rest.map(withoutDot).filter(Boolean);
    else if (word === 'options') out.options = rest;
  }
  return out;
}

function withoutDot(domain: string): string {
  return domain.replace(/\.$/, '');
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
