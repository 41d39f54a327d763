import { BlockList, isIPv6 } from 'node:net';

/** Whether the range `inner` lies within `outer` and is smaller. Both are valid ranges. */
export function isStrictSubset(inner: string, outer: string): boolean {
  const [a, b] = [parse(inner), parse(outer)];
  if (a.family !== b.family || a.bits <= b.bits) return false;
  const list = new BlockList();
  list.addSubnet(b.address, b.bits, b.family);
  return list.check(a.address, a.family);
}

/** The one form in which a valid address is written. */
export function canonicalAddress(address: string): string {
  if (!isIPv6(address)) return address;
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** The one form in which a valid range is written: its first address, canonical, and its size. */
export function canonicalRange(range: string): string {
  const { address, bits, family } = parse(range);
  const bytes = family === 'ipv4' ? v4Bytes(address) : v6Bytes(address);
  const masked = bytes.map((byte, i) => byte & (0xff << Math.min(8, Math.max(0, 8 - (bits - i * 8)))) & 0xff);
  return `${family === 'ipv4' ? masked.join('.') : canonicalAddress(v6Text(masked))}/${bits}`;
}

function parse(range: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } {
  const [address = '', bits = ''] = range.split('/');
  return { address, bits: Number(bits), family: isIPv6(address) ? 'ipv6' : 'ipv4' };
}

function v4Bytes(address: string): number[] {
  return address.split('.').map(Number);
}

function v6Bytes(address: string): number[] {
  const [head = '', tail] = canonicalAddress(address).split('::');
  const groups = (text: string) => (text ? text.split(':') : []);
  const [first, last] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? [] : Array<string>(8 - first.length - last.length).fill('0');
  return [...first, ...zeros, ...last].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function v6Text(bytes: readonly number[]): string {
  return Array.from({ length: 8 }, (_, i) => ((bytes[i * 2]! << 8) | bytes[i * 2 + 1]!).toString(16)).join(':');
}
