import { hash } from 'node:crypto';
import type { Endpoint, ServicePort } from './model.ts';
import type { RuleSet } from './rule-set.ts';

/** What the rules depend on besides services. */
export interface RuleOptions {
  /** The addresses of all pods. Absent: whatever is not from this machine may be a pod. */
  readonly clusterCidr?: string;
  /**
   * Hide the source of pods' connections to services too. Needed where the kernel does not filter bridged packets:
   * there, a pod's answer to its neighbour would not pass through this machine's address translation.
   */
  readonly masqueradeAll?: boolean;
  /** Whether it was us who switched `route_localnet` on; an empty chain remembers it. */
  readonly openedLoopback?: boolean;
}

/** Stands for: `route_localnet` is to be switched off again with the rules. */
export const openedLoopbackChain = 'COX-OPENED-LOOPBACK';

/** The mark of packets that shall leave with this machine's address. Other bits are left to other programs. */
const masqueradeMark = '0x10000/0x10000';

/**
 * All of our chains with their rules, by table:
 *
 *     nat     COX-SERVICES    by address and port to COX-SVC-* (cluster IPs) or COX-EXT-* (external IPs)
 *             COX-NODEPORTS   by node port to COX-EXT-*
 *             COX-EXT-*       connections from outside: marks them, then COX-SVC-*, or COX-SVL-* for policy Local
 *             COX-SVC-*       chooses one of all endpoints, COX-SVL-* one of those on this node
 *             COX-SEP-*       changes the destination to one endpoint
 *             COX-MARK-MASQ   marks, COX-POSTROUTING gives marked packets this machine's address
 *     filter  COX-REFUSE      refuses connections to services without endpoints
 *             COX-FORWARD     lets pods' packets through, which Docker's policy would drop
 *             COX-FIREWALL    keeps neighbours off this machine's loopback addresses
 */
export function rules(ports: readonly ServicePort[], options: RuleOptions): RuleSet {
  const nat = new Map<string, string[]>([
    ['COX-SERVICES', []],
    ['COX-NODEPORTS', []],
    ['COX-MARK-MASQ', [`-j MARK --set-xmark ${masqueradeMark}`]],
    ['COX-POSTROUTING', postrouting()],
  ]);
  const filter = new Map<string, string[]>([
    ['COX-REFUSE', []],
    ['COX-FORWARD', forward(options)],
    ['COX-FIREWALL', [firewall]],
    ...(options.openedLoopback ? [[openedLoopbackChain, []] as [string, string[]]] : []),
  ]);
  for (const port of ports) addPort(port, options, nat, filter.get('COX-REFUSE')!);
  // After the addresses of all services, so that these go before node ports.
  nat.get('COX-SERVICES')!.push('-m addrtype --dst-type LOCAL -j COX-NODEPORTS');
  return { nat, filter };
}

/** The rules in chains that are not ours, by which packets get into ours. Their order among each other is of no account. */
export const jumps = {
  nat: [
    ['PREROUTING', `${comment('service addresses')} -j COX-SERVICES`],
    ['OUTPUT', `${comment('service addresses')} -j COX-SERVICES`],
    ['POSTROUTING', `${comment('connections to services')} -j COX-POSTROUTING`],
  ],
  filter: [
    ['INPUT', `-m conntrack --ctstate NEW ${comment('services without endpoints')} -j COX-REFUSE`],
    ['FORWARD', `${comment('pods')} -j COX-FORWARD`],
    ['OUTPUT', `-m conntrack --ctstate NEW ${comment('services without endpoints')} -j COX-REFUSE`],
    ['INPUT', `${comment('loopback')} -j COX-FIREWALL`],
  ],
} as const satisfies Record<'nat' | 'filter', readonly (readonly [string, string])[]>;

/** Node ports on 127.0.0.1 need `route_localnet`, which opens loopback addresses to neighbours; this closes them again. */
const firewall =
  '! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT ' +
  `${comment('loopback is for this machine')} -j DROP`;

function postrouting(): string[] {
  return [
    `-m mark ! --mark ${masqueradeMark} -j RETURN`,
    // A packet that comes by again, after a tunnel, shall not be changed twice.
    `-j MARK --set-xmark 0x0/${masqueradeMark.split('/')[1]}`,
    '-j MASQUERADE --random-fully',
  ];
}

function forward({ clusterCidr }: RuleOptions): string[] {
  return [
    // Before pods' packets are let through: a pod is to be refused too.
    '-m conntrack --ctstate NEW -j COX-REFUSE',
    `-m mark --mark ${masqueradeMark} -j ACCEPT`,
    ...(clusterCidr ? [`-s ${clusterCidr} -j ACCEPT`, `-d ${clusterCidr} -j ACCEPT`] : []),
    '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  ];
}

function addPort(port: ServicePort, options: RuleOptions, nat: Map<string, string[]>, refuse: string[]): void {
  const local = port.endpoints.filter((endpoint) => endpoint.local);
  const chains = { all: chainName('SVC', port), local: chainName('SVL', port), external: chainName('EXT', port) };
  const inside = port.internalLocal
    ? { chain: chains.local, endpoints: local }
    : { chain: chains.all, endpoints: port.endpoints };
  const exposed = port.nodePort !== undefined || port.externalIps.length > 0;

  if (port.endpoints.length && (!port.internalLocal || exposed)) addChoice(nat, chains.all, port, port.endpoints);
  if (local.length && (port.internalLocal || (port.externalLocal && exposed)))
    addChoice(nat, chains.local, port, local);
  if (inside.endpoints.length) {
    nat
      .get('COX-SERVICES')!
      .push(`${to(port.clusterIp, port)} ${comment(`${port.name} cluster IP`)} -j ${inside.chain}`);
    nat.get(inside.chain)!.unshift(...sourceRules(port, options));
  } else {
    refuse.push(
      `${to(port.clusterIp, port)} ${comment(`${port.name} has no endpoints`)} -j ${verdict(port, port.internalLocal)}`,
    );
  }
  if (exposed) addExternal(port, options, chains, local, nat, refuse);
}

/** Where connections from outside come in. */
function addExternal(
  port: ServicePort,
  options: RuleOptions,
  chains: { all: string; local: string; external: string },
  local: readonly Endpoint[],
  nat: Map<string, string[]>,
  refuse: string[],
): void {
  const nodePort = port.nodePort === undefined ? undefined : protocolMatch(port, port.nodePort);
  if (port.endpoints.length) {
    nat.set(chains.external, externalRules(port, options, chains, local));
    const target = (what: string) => `${comment(`${port.name} ${what}`)} -j ${chains.external}`;
    for (const ip of port.externalIps) nat.get('COX-SERVICES')!.push(`${to(ip, port)} ${target('external IP')}`);
    if (nodePort) nat.get('COX-NODEPORTS')!.push(`${nodePort} ${target('node port')}`);
  }
  const served = port.externalLocal ? local : port.endpoints;
  if (served.length) return;
  const target = `${comment(`${port.name} has no endpoints`)} -j ${verdict(port, port.externalLocal)}`;
  for (const ip of port.externalIps) refuse.push(`${to(ip, port)} ${target}`);
  if (nodePort) refuse.push(`-m addrtype --dst-type LOCAL ${nodePort} ${target}`);
}

/**
 * With policy Local, clients outside reach the endpoints of this node and are seen with their own address, while pods
 * and this machine reach all endpoints.
 */
function externalRules(
  port: ServicePort,
  { clusterCidr }: RuleOptions,
  chains: { all: string; local: string },
  local: readonly Endpoint[],
): string[] {
  if (!port.externalLocal) return ['-j COX-MARK-MASQ', `-j ${chains.all}`];
  return [
    ...(clusterCidr ? [`-s ${clusterCidr} -j ${chains.all}`] : []),
    '-m addrtype --src-type LOCAL -j COX-MARK-MASQ',
    `-m addrtype --src-type LOCAL -j ${chains.all}`,
    ...(local.length ? [`-j ${chains.local}`] : []),
  ];
}

/** Endpoints elsewhere may not know the way back to a client that is no pod: it gets this machine's address. */
function sourceRules(port: ServicePort, { clusterCidr, masqueradeAll }: RuleOptions): string[] {
  const destination = to(port.clusterIp, port);
  if (masqueradeAll) return [`${destination} -j COX-MARK-MASQ`];
  return clusterCidr ? [`! -s ${clusterCidr} ${destination} -j COX-MARK-MASQ`] : [];
}

/** Refusing tells the client at once; where another node may have endpoints, silence lets a load balancer try that. */
function verdict(port: ServicePort, localOnly: boolean): string {
  return localOnly && port.endpoints.length ? 'DROP' : 'REJECT';
}

/** A chain that chooses one of the endpoints, and the endpoints' chains. */
function addChoice(nat: Map<string, string[]>, chain: string, port: ServicePort, endpoints: readonly Endpoint[]): void {
  const targets = endpoints.map((endpoint) => ({
    endpoint,
    chain: chainName('SEP', port, `${endpoint.ip}:${endpoint.port}`),
  }));
  const known = port.affinitySeconds
    ? targets.map(
        (t) => `-m recent --rcheck --seconds ${port.affinitySeconds} --reap --name ${t.chain} --rsource -j ${t.chain}`,
      )
    : [];
  nat.set(chain, [...known, ...targets.map((t, i) => `${chance(targets.length - i)}-j ${t.chain}`)]);
  for (const target of targets) nat.set(target.chain, endpointRules(port, target.endpoint, target.chain));
}

/** Each of the rules left is to be taken equally often: the first of n with a chance of 1/n. */
function chance(left: number): string {
  return left === 1 ? '' : `-m statistic --mode random --probability ${(1 / left).toFixed(10)} `;
}

function endpointRules(port: ServicePort, { ip, port: target }: Endpoint, chain: string): string[] {
  const protocol = port.protocol.toLowerCase();
  const remember = port.affinitySeconds ? `-m recent --set --name ${chain} --rsource ` : '';
  return [
    // A pod that reaches itself through its service would otherwise answer to itself directly.
    `-s ${ip}/32 ${comment(port.name)} -j COX-MARK-MASQ`,
    `-p ${protocol} ${remember}${comment(port.name)} -m ${protocol} -j DNAT --to-destination ${ip}:${target}`,
  ];
}

/** Matches packets to a port of a service's address. */
function to(ip: string, port: ServicePort): string {
  return `-d ${ip}/32 ${protocolMatch(port, port.port)}`;
}

function protocolMatch(port: ServicePort, number: number): string {
  const protocol = port.protocol.toLowerCase();
  return `-p ${protocol} -m ${protocol} --dport ${number}`;
}

function comment(text: string): string {
  return `-m comment --comment "${text}"`;
}

/** `COX-SVC-` and 16 hexadecimal digits that identify the port: iptables allows 28 characters in all. */
function chainName(sort: 'SVC' | 'SVL' | 'EXT' | 'SEP', port: ServicePort, endpoint = ''): string {
  const digest = hash('sha256', `${port.name} ${port.protocol} ${endpoint}`, 'hex');
  return `COX-${sort}-${digest.slice(0, 16).toUpperCase()}`;
}
