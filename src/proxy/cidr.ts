import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import type { Family } from './model.ts';

/** The address in the form in which iptables shows it; undefined when it is none of the family. */
export function addressOf(family: Family, ip: string): string | undefined {
  if (family === 'IPv4') return isIPv4(ip) ? ip : undefined;
  return isIPv6(ip) && !ip.includes('%') ? new SocketAddress({ address: ip, family: 'ipv6' }).address : undefined;
}

/** `address/prefix length` with all bits behind the prefix 0, as iptables shows it; undefined when it is none of the family. */
export function networkOf(family: Family, cidr: string): string | undefined {
  const [text = '', prefix = '', ...more] = cidr.split('/');
  const address = addressOf(family, text);
  const bits = family === 'IPv4' ? 32 : 128;
  if (!address || more.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return undefined;
  const left = bits - Number(prefix);
  const network = (numberOf(address) >> BigInt(left)) << BigInt(left);
  return `${textOf(family, network)}/${Number(prefix)}`;
}

/** The one of several comma-separated ranges that is of the family, as `--cluster-cidr` names them. */
export function cidrOf(family: Family, cidrs: string | undefined): string | undefined {
  return cidrs
    ?.split(',')
    .map((cidr) => networkOf(family, cidr.trim()))
    .find(Boolean);
}

/** The lowest six bits of an address. */
export function lowBits(ip: string): number {
  return Number(numberOf(ip) & 63n);
}

function numberOf(ip: string): bigint {
  if (!ip.includes(':')) return BigInt(ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0));
  const [head = '', tail] = ip.split('::');
  const groups = (text: string | undefined) => (text ? text.split(':').flatMap(sixteenBits) : []);
  const [first, last] = [groups(head), groups(tail)];
  const zeros = Array<number>(8 - first.length - last.length).fill(0);
  return [...first, ...zeros, ...last].reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
}

/** The last part may be an IPv4 address. */
function sixteenBits(group: string): number[] {
  if (!group.includes('.')) return [Number.parseInt(group, 16)];
  const number = Number(numberOf(group));
  return [Math.floor(number / 65_536), number % 65_536];
}

function textOf(family: Family, number: bigint): string {
  if (family === 'IPv4') return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((number >> BigInt(112 - 16 * i)) & 65_535n).toString(16));
  return addressOf('IPv6', groups.join(':'))!;
}
