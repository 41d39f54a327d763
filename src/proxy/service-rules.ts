import { hash } from 'node:crypto';
import { shown, type Endpoint } from './endpoints.ts';
import type { ServicePort } from './model.ts';
import { comment, markMasquerade, masquerade, protocolMatch, refusal, whole, type RuleOptions } from './rule-text.ts';
import type { OurTable } from './rule-set.ts';

/** Which packets a rule is about: those to an address, or those to a port whatever the address. */
export type Place = { readonly address: string } | { readonly protocol: string; readonly port: number };

/** A rule for one of the chains that all services share. */
export interface SharedRule {
  readonly table: OurTable;
  readonly chain:
    'COX-SERVICES' | 'COX-NODEPORTS' | 'COX-HAIRPIN' | 'COX-REFUSE' | 'COX-REFUSE-PORTS' | 'COX-HEALTH-PORTS';
  readonly place: Place;
  readonly rule: string;
}

/** What the rules have for one port of a service. */
export interface PortRules {
  /** Chains in the table `nat`, by name. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  readonly shared: readonly SharedRule[];
}

/** Everything that one port of a service puts into the rules. */
export function portRules(port: ServicePort, options: RuleOptions): PortRules {
  const chains = new Map<string, readonly string[]>();
  const names = chainNames(port);
  const exposed = isExposed(port);
  if (port.endpoints.length > 0 && (!port.internalLocal || exposed))
    chains.set(names.all, [...sourceRules(port, options), ...choice(port, port.endpoints)]);
  if (port.localEndpoints.length > 0 && (port.internalLocal || (port.externalLocal && exposed)))
    chains.set(names.local, [...sourceRules(port, options), ...choice(port, port.localEndpoints)]);
  if (exposed && hasAny(port)) chains.set(names.external, externalRules(port, options));
  if (exposed && hasAny(port) && firewalled(port)) chains.set(names.firewall, firewallRules(port));
  const shared = [...inside(port), ...outside(port), ...hairpins(port), ...healthPort(port)];
  return { chains, shared };
}

function isExposed({ nodePort, externalIps, balancerIps }: ServicePort): boolean {
  return nodePort !== undefined || externalIps.length > 0 || balancerIps.length > 0;
}

function firewalled({ sourceRanges, balancerIps }: ServicePort): boolean {
  return sourceRanges !== undefined && balancerIps.length > 0;
}

function hasAny({ endpoints, localEndpoints }: ServicePort): boolean {
  return endpoints.length > 0 || localEndpoints.length > 0;
}

/** `COX-SVC-` and 16 hexadecimal digits that identify the port: iptables allows 28 characters in all. */
function chainNames(port: ServicePort) {
  const digest = digestOf(`${port.name} ${port.protocol} `);
  return {
    all: `COX-SVC-${digest}`,
    local: `COX-SVL-${digest}`,
    external: `COX-EXT-${digest}`,
    firewall: `COX-FW-${digest}`,
  };
}

function digestOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 16).toUpperCase();
}

/** The cluster IP, for everybody who knows it. */
function inside(port: ServicePort): SharedRule[] {
  const names = chainNames(port);
  const [endpoints, chain] = port.internalLocal ? [port.localEndpoints, names.local] : [port.endpoints, names.all];
  if (endpoints.length === 0) return [refused(port, port.clusterIp)];
  return [atAddress('nat', 'COX-SERVICES', port, port.clusterIp, `${comment(`${port.name} cluster IP`)} -j ${chain}`)];
}

/** Where connections from outside come in. Those that nobody here answers are not passed over to somebody else. */
function outside(port: ServicePort): SharedRule[] {
  const served = (port.externalLocal ? port.localEndpoints : port.endpoints).length > 0;
  const { external, firewall } = chainNames(port);
  const lead = (ips: readonly string[], what: string, chain: string) =>
    ips.flatMap((ip) => [
      ...(hasAny(port)
        ? [atAddress('nat', 'COX-SERVICES', port, ip, `${comment(`${port.name} ${what}`)} -j ${chain}`)]
        : []),
      ...(served ? [] : [refused(port, ip)]),
    ]);
  return [
    ...lead(port.externalIps, 'external IP', external),
    ...lead(port.balancerIps, 'load balancer IP', firewalled(port) ? firewall : external),
    ...(firewalled(port) && hasAny(port) ? port.balancerIps.map((ip) => unwelcome(port, ip)) : []),
    ...nodePortRules(port, served),
  ];
}

function nodePortRules(port: ServicePort, served: boolean): SharedRule[] {
  if (port.nodePort === undefined) return [];
  const place = { protocol: port.protocol, port: port.nodePort };
  const match = protocolMatch(port.protocol, port.nodePort);
  const target = `${comment(`${port.name} node port`)} -j ${chainNames(port).external}`;
  return [
    ...(hasAny(port) ? [{ table: 'nat', chain: 'COX-NODEPORTS', place, rule: `${match} ${target}` } as const] : []),
    ...(served
      ? []
      : [{ table: 'filter', chain: 'COX-REFUSE-PORTS', place, rule: `${match} ${refusalOf(port)}` } as const]),
  ];
}

/** A load balancer asks here from outside, whatever the machine lets in otherwise. */
function healthPort({ healthPort: port, name, family }: ServicePort): SharedRule[] {
  if (port === undefined) return [];
  const service = name.slice(0, name.lastIndexOf(':'));
  const rule = `${protocolMatch('TCP', port)} ${comment(`${service} health check (${family})`)} -j ACCEPT`;
  return [{ table: 'filter', chain: 'COX-HEALTH-PORTS', place: { protocol: 'TCP', port }, rule }];
}

function refused(port: ServicePort, ip: string): SharedRule {
  return atAddress('filter', 'COX-REFUSE', port, ip, refusalOf(port));
}

/** What got past the chain that knows the source ranges. */
function unwelcome(port: ServicePort, ip: string): SharedRule {
  const target = `${comment(`${port.name} is not for this source`)} -j DROP`;
  return atAddress('filter', 'COX-REFUSE', port, ip, target);
}

/** Refusing tells the client at once; where another node may have endpoints, silence lets a load balancer try that. */
function refusalOf(port: ServicePort): string {
  return hasAny(port)
    ? `${comment(`${port.name} has no local endpoints`)} -j DROP`
    : `${comment(`${port.name} has no endpoints`)} ${refusal(port.family)}`;
}

function atAddress(
  table: OurTable,
  chain: SharedRule['chain'],
  { protocol, port }: ServicePort,
  address: string,
  rest: string,
): SharedRule {
  return { table, chain, place: { address }, rule: `-d ${whole(address)} ${protocolMatch(protocol, port)} ${rest}` };
}

/** A pod that reaches itself through its service would otherwise answer to itself directly. */
function hairpins({ endpoints, localEndpoints }: ServicePort): SharedRule[] {
  return [...endpoints, ...localEndpoints]
    .filter(({ here }) => here)
    .map(({ ip }) => ({
      table: 'nat',
      chain: 'COX-HAIRPIN',
      place: { address: ip },
      rule: `-s ${whole(ip)} -d ${whole(ip)} ${masquerade}`,
    }));
}

/**
 * With policy Local, clients outside reach the endpoints of this node and are seen with their own address, while pods
 * and this machine reach all endpoints.
 */
function externalRules(port: ServicePort, { clusterCidr }: RuleOptions): string[] {
  const { all, local } = chainNames(port);
  if (!port.externalLocal) return [markMasquerade, ...(port.endpoints.length > 0 ? [`-j ${all}`] : [])];
  const anywhere = port.endpoints.length > 0;
  return [
    ...(clusterCidr && anywhere ? [`-s ${clusterCidr} ${comment('pods')} -j ${all}`] : []),
    `-m addrtype --src-type LOCAL ${comment('this node')} ${markMasquerade}`,
    ...(anywhere ? [`-m addrtype --src-type LOCAL ${comment('this node')} -j ${all}`] : []),
    ...(port.localEndpoints.length > 0 ? [`-j ${local}`] : []),
  ];
}

/** The load balancer itself may always ask: this node's own connections to it come back from its address. */
function firewallRules(port: ServicePort): string[] {
  const { external } = chainNames(port);
  const sources = [...port.sourceRanges!, ...port.balancerIps.map(whole)];
  return sources.map((source) => `${source.endsWith('/0') ? '' : `-s ${source} `}-j ${external}`);
}

/** Endpoints elsewhere may not know the way back to a client that is no pod: it gets this machine's address. */
function sourceRules(port: ServicePort, { clusterCidr, masqueradeAll }: RuleOptions): string[] {
  const to = `-d ${whole(port.clusterIp)} ${protocolMatch(port.protocol, port.port)} ${markMasquerade}`;
  if (masqueradeAll) return [to];
  return clusterCidr ? [`! -s ${clusterCidr} ${to}`] : [];
}

/** Rules that lead to one of the endpoints: to that which the client had before, else to each equally often. */
function choice(port: ServicePort, endpoints: readonly Endpoint[]): string[] {
  const protocol = port.protocol.toLowerCase();
  const { affinitySeconds } = port;
  const lead = ({ ip, port: number }: Endpoint, ...matches: string[]) =>
    [`-p ${protocol}`, ...matches, `-m ${protocol} -j DNAT --to-destination ${shown(ip, number)}`].join(' ');
  const mask = port.family === 'IPv4' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  const list = (endpoint: Endpoint) => `--name ${listName(port, endpoint)} --mask ${mask} --rsource`;
  const even = (i: number) => chance(endpoints.length - i);
  if (affinitySeconds === undefined) return endpoints.map((endpoint, i) => lead(endpoint, ...even(i)));
  return [
    ...endpoints.map((e) => lead(e, `-m recent --update --seconds ${affinitySeconds} --reap ${list(e)}`)),
    ...endpoints.map((e, i) => lead(e, ...even(i), `-m recent --set ${list(e)}`)),
  ];
}

/** The kernel's list of clients that an endpoint has. */
function listName(port: ServicePort, { ip, port: number }: Endpoint): string {
  return `COX-SEP-${digestOf(`${port.name} ${port.protocol} ${shown(ip, number)}`)}`;
}

/** The first of n is taken with a chance of 1/n, so that all are taken equally often. The kernel counts in 2^-31. */
function chance(left: number): string[] {
  if (left === 1) return [];
  return [`-m statistic --mode random --probability ${(Math.round(2 ** 31 / left) / 2 ** 31).toFixed(11)}`];
}
