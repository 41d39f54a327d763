import { isIPv6, SocketAddress } from 'node:net';

/** An address as a number, of 32 bits or 128. */
export function ipToNumber(address: string): bigint {
  if (!isIPv6(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const plain = withoutDots(new SocketAddress({ address, family: 'ipv6' }).address);
  const [head = '', tail] = plain.split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const [front, back] = [groups(head), groups(tail)];
  const middle = tail === undefined ? [] : Array.from({ length: 8 - front.length - back.length }, () => '0');
  return [...front, ...middle, ...back].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

/** The address with this number, as the kernel writes it. */
export function numberToIp(value: bigint, family: 4 | 6): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - i * 16)) & 65_535n).toString(16));
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}

/** `::ffff:1.2.3.4` as `::ffff:102:304`. */
function withoutDots(address: string): string {
  const [, front, dotted] = /^(.*:)([\d.]+\.[\d.]+)$/.exec(address) ?? [];
  if (front === undefined) return address;
  const value = Number(ipToNumber(dotted!));
  return `${front}${Math.floor(value / 65_536).toString(16)}:${(value % 65_536).toString(16)}`;
}
