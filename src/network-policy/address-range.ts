import { isIP, SocketAddress } from 'node:net';
import type { Family } from './pods.ts';
import type { AddressBlock } from './policy.ts';

export function familyOfBlock({ cidr }: AddressBlock): Family {
  return isIP(cidr.split('/')[0]!) === 6 ? 6 : 4;
}

/**
 * The members of a set of ranges that holds a block's addresses and not those that it excepts: the narrowest range that
 * holds an address decides. A set cannot hold the range of all addresses, so that becomes its two halves.
 */
export function blockMembers(block: AddressBlock): ReadonlySet<string> {
  const halves = familyOfBlock(block) === 6 ? ['::/1', '8000::/1'] : ['0.0.0.0/1', '128.0.0.0/1'];
  const own = block.cidr.endsWith('/0') ? halves : [canonicalRange(block.cidr)];
  return new Set([...own, ...block.except.map((range) => `${canonicalRange(range)} nomatch`)]);
}

/** As the kernel writes a range: without bits beyond the prefix, and a range of one address as that. */
export function canonicalRange(cidr: string): string {
  const [address = '', length] = cidr.split('/');
  const wide = isIP(address) === 6;
  const size = wide ? 128 : 32;
  const bits = length === undefined ? size : Number(length);
  const value = (numberOf(address, wide) >> BigInt(size - bits)) << BigInt(size - bits);
  const text = wide ? wideText(value) : narrowText(value);
  return bits === size ? text : `${text}/${bits}`;
}

function numberOf(address: string, wide: boolean): bigint {
  if (!wide) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const plain = new SocketAddress({ address, family: 'ipv6' }).address;
  const [head = '', tail] = withoutDots(plain).split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const [front, back] = [groups(head), groups(tail)];
  const middle = tail === undefined ? [] : Array.from({ length: 8 - front.length - back.length }, () => '0');
  return [...front, ...middle, ...back].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

/** `::ffff:1.2.3.4` as `::ffff:102:304`. */
function withoutDots(address: string): string {
  const [, front, dotted] = /^(.*:)([\d.]+\.[\d.]+)$/.exec(address) ?? [];
  if (front === undefined) return address;
  const value = Number(numberOf(dotted!, false));
  return `${front}${Math.floor(value / 65_536).toString(16)}:${(value % 65_536).toString(16)}`;
}

function narrowText(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
}

function wideText(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - i * 16)) & 65_535n).toString(16));
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}
