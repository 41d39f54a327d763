import type { Family } from './model.ts';
import { comment, masquerade, masqueradeMark, type RuleOptions } from './rule-text.ts';
import type { Insertions, OurTable } from './rule-set.ts';

/** Stands for: `route_localnet` is to be switched off again with the rules. */
export const openedLoopbackChain = 'COX-OPENED-LOOPBACK';

/** A chain that nothing leads to. When it is gone, or empty, somebody has flushed the table. */
export const canaryChain = 'COX-CANARY';

/** The rules of chains that are there without any service; shared chains have more before these. */
export function fixedRules(family: Family, options: RuleOptions): Record<OurTable, ReadonlyMap<string, string[]>> {
  const canary: [string, string[]] = [
    canaryChain,
    [`${comment('shows that nobody has flushed this table')} -j RETURN`],
  ];
  return {
    nat: new Map<string, string[]>([
      ['COX-MARK-MASQ', [`-j MARK --set-xmark ${masqueradeMark}`]],
      ['COX-POSTROUTING', postrouting()],
      ['COX-HAIRPIN', []],
      ['COX-NODEPORTS', []],
      // After the addresses of all services, so that these go before node ports.
      ['COX-SERVICES', nodePorts(family, options)],
      canary,
    ]),
    filter: new Map<string, string[]>([
      ['COX-REFUSE-PORTS', []],
      ['COX-REFUSE', ['-m addrtype --dst-type LOCAL -j COX-REFUSE-PORTS']],
      ['COX-FORWARD', forward(options)],
      ['COX-HEALTH-PORTS', []],
      ...(family === 'IPv4' ? [['COX-FIREWALL', [firewall]] as [string, string[]]] : []),
      ...(options.openedLoopback ? [[openedLoopbackChain, []] as [string, string[]]] : []),
      canary,
    ]),
  };
}

/** The rules in chains that are not ours, by which packets get into ours, in their order. */
export function jumps(family: Family): Insertions {
  const refuse = `-m conntrack --ctstate NEW ${comment('services without endpoints')} -j COX-REFUSE`;
  const services = `${comment('service addresses')} -j COX-SERVICES`;
  return {
    nat: [
      ['PREROUTING', services],
      ['OUTPUT', services],
      ['POSTROUTING', `${comment('connections to services')} -j COX-POSTROUTING`],
    ],
    filter: [
      ['INPUT', refuse],
      ['INPUT', `${comment('health checks of services')} -j COX-HEALTH-PORTS`],
      ...(family === 'IPv4' ? [['INPUT', `${comment('loopback')} -j COX-FIREWALL`] as const] : []),
      ['FORWARD', `${comment('pods')} -j COX-FORWARD`],
      ['OUTPUT', refuse],
    ],
  };
}

/** Node ports on 127.0.0.1 need `route_localnet`, which opens loopback addresses to neighbours; this closes them again. */
const firewall =
  '! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT ' +
  `${comment('loopback is for this machine')} -j DROP`;

function nodePorts(family: Family, { nodePortNetworks = [] }: RuleOptions): string[] {
  // What comes from ::1 cannot be sent on to another machine, and there is no `route_localnet`.
  const notLoopback = family === 'IPv6' ? '! -d ::1/128 ' : '';
  const rule = '-m addrtype --dst-type LOCAL -j COX-NODEPORTS';
  const limited = nodePortNetworks.filter((network) => !network.endsWith('/0'));
  if (limited.length < nodePortNetworks.length || limited.length === 0) return [notLoopback + rule];
  return limited.map((network) => `-d ${network} ${rule}`);
}

function postrouting(): string[] {
  return [
    '-m conntrack --ctstate DNAT -j COX-HAIRPIN',
    `-m mark ! --mark ${masqueradeMark} -j RETURN`,
    // A packet that comes by again, after a tunnel, shall not be changed twice.
    `-j MARK --set-xmark 0x0/${masqueradeMark.split('/')[1]}`,
    masquerade,
  ];
}

function forward({ clusterCidr }: RuleOptions): string[] {
  return [
    // Before pods' packets are let through: a pod is to be refused too.
    '-m conntrack --ctstate NEW -j COX-REFUSE',
    // The kernel does not translate what it takes for no part of a connection; a pod would answer it with a reset.
    '-m conntrack --ctstate INVALID -j DROP',
    `-m mark --mark ${masqueradeMark} -j ACCEPT`,
    ...(clusterCidr ? [`-s ${clusterCidr} -j ACCEPT`, `-d ${clusterCidr} -j ACCEPT`] : []),
    '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  ];
}
