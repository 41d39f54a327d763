import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';

/** The IP families as services name them. */
export type IpFamily = 'IPv4' | 'IPv6';

/** How many bits an address of a family has. */
export const addressBits = { IPv4: 32, IPv6: 128 } as const satisfies Record<IpFamily, number>;

/** A range of addresses, of which each is a number of 32 or 128 bits. */
export interface IpRange {
  readonly family: IpFamily;
  /** How many bits all its addresses share. */
  readonly prefix: number;
  /** The address that it was written with, which need not be the first. */
  readonly address: bigint;
  readonly first: bigint;
  readonly last: bigint;
}

/** Whether `text` is an IPv4 or IPv6 address without a zone. */
export function isIp(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

/** Whether `text` is an address, a slash and a prefix length. */
export function isCidr(text: string): boolean {
  return parseCidr(text) !== undefined;
}

/** The IP family of a valid address. */
export function ipFamily(address: string): IpFamily {
  return isIPv4(address) ? 'IPv4' : 'IPv6';
}

/** A range like `10.244.0.0/16` or `fd00::/64`; undefined when the text is none. */
export function parseCidr(text: string): IpRange | undefined {
  const slash = text.indexOf('/');
  const [ip, length] = [text.slice(0, slash), text.slice(slash + 1)];
  if (slash < 0 || !isIp(ip) || !/^[0-9]{1,3}$/.test(length)) return undefined;
  const family = ipFamily(ip);
  const [prefix, address] = [Number(length), ipToNumber(ip)];
  if (prefix > addressBits[family]) return undefined;
  const host = BigInt(addressBits[family] - prefix);
  const first = (address >> host) << host;
  return { family, prefix, address, first, last: first + (1n << host) - 1n };
}

/** A valid address as a number. */
export function ipToNumber(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = '', tail] = canonicalIp(address).split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const [front, back] = [groups(head), groups(tail)];
  const zeros = Array<string>(8 - front.length - back.length).fill('0');
  return [...front, ...zeros, ...back].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

/** The address with this number, written canonically. */
export function numberToIp(value: bigint, family: IpFamily): string {
  if (family === 'IPv4') return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - i * 16)) & 65_535n).toString(16));
  return canonicalIp(groups.join(':'));
}

/**
 * The one form in which an address is written (RFC 5952, without dots): hosts of URLs are written so. What is no address,
 * or has a zone, stays as it is.
 */
export function canonicalIp(address: string): string {
  return isIPv6(address) && isIp(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/** The one form in which a valid range is written: its first address, canonical, and its size. */
export function canonicalCidr(cidr: string): string {
  const range = parseCidr(cidr);
  return range ? `${numberToIp(range.first, range.family)}/${range.prefix}` : cidr;
}

/** An address as the kernel's tools show it: canonical, but with dots where it holds one of IPv4 (`::ffff:1.2.3.4`). */
export function kernelIp(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}

/** A valid range as the kernel's tools show it, without bits beyond the prefix. */
export function kernelCidr({ first, family, prefix }: IpRange): string {
  return `${kernelIp(numberToIp(first, family))}/${prefix}`;
}

/** A list that tells quickly whether addresses are in one of the ranges, which may be addresses too. @throws for others */
export function blockListOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = ipFamily(address);
    list.addSubnet(
      address,
      prefix === undefined ? addressBits[family] : Number(prefix),
      family === 'IPv6' ? 'ipv6' : 'ipv4',
    );
  }
  return list;
}
