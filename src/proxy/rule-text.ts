import type { Family } from './model.ts';

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
  /** Networks in which this machine's addresses serve node ports. Absent: all of them do. */
  readonly nodePortNetworks?: readonly string[];
}

/** The mark of packets that shall leave with this machine's address. Other bits are left to other programs. */
export const masqueradeMark = '0x10000/0x10000';

export const markMasquerade = '-j COX-MARK-MASQ';
export const masquerade = '-j MASQUERADE --random-fully';

/*
 * Rules are written as iptables-save shows them (of iptables 1.8, both backends): addresses, protocol, matches, target,
 * and defaults spelled out. So what is in the kernel can be compared with them as text.
 */

export function comment(text: string): string {
  return `-m comment --comment ${/^[\w-]+$/.test(text) ? text : `"${text}"`}`;
}

export function protocolMatch(protocol: string, port: number | string): string {
  const name = protocol.toLowerCase();
  return `-p ${name} -m ${name} --dport ${port}`;
}

/** One address as a network. */
export function whole(ip: string): string {
  return `${ip}/${ip.includes(':') ? 128 : 32}`;
}

export function refusal(family: Family): string {
  return `-j REJECT --reject-with ${family === 'IPv4' ? 'icmp' : 'icmp6'}-port-unreachable`;
}
