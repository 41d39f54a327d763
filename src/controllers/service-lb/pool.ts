import { isIPv4, isIPv6 } from 'node:net';
import { ipFamily, isCidr } from '../../api/core-v1/ip.ts';
import { canonicalAddress } from '../../api/networking-v1/addresses.ts';

export type IpFamily = ReturnType<typeof ipFamily>;

interface Range {
  readonly family: IpFamily;
  readonly first: bigint;
  readonly last: bigint;
}

/** Addresses that are ours to give to services, e.g. of `10.0.99.0/28` or `10.0.99.20-10.0.99.30`. */
export class AddressPool {
  readonly #ranges: readonly Range[];

  /** @throws Error with a sentence that names the part that is neither a CIDR, a range, nor an address */
  constructor(parts: readonly string[]) {
    this.#ranges = parts.map(parseRange);
  }

  has(address: string): boolean {
    if (!isIPv4(address) && !isIPv6(address)) return false;
    const [family, number] = [ipFamily(address), toNumber(address)];
    return this.#ranges.some((r) => r.family === family && r.first <= number && number <= r.last);
  }

  /** The lowest address of the family that is not among `taken`, which are written canonically. */
  free(family: IpFamily, taken: ReadonlySet<string>): string | undefined {
    for (const range of this.#ranges.filter((r) => r.family === family)) {
      for (let number = range.first; number <= range.last; number++) {
        const address = toText(number, family);
        if (!taken.has(address)) return address;
      }
    }
    return undefined;
  }
}

function parseRange(part: string): Range {
  const [first = '', last = first, ...more] = part.split('-').map((text) => text.trim());
  if (isCidr(part)) return cidrRange(part);
  const valid = [first, last].every((text) => isIPv4(text) || (isIPv6(text) && !text.includes('%')));
  if (!valid || more.length > 0 || ipFamily(first) !== ipFamily(last)) {
    throw new Error(
      `${JSON.stringify(part)} is neither a network like 10.0.99.0/28 nor a range like 10.0.99.5-10.0.99.9`,
    );
  }
  const range = { family: ipFamily(first), first: toNumber(first), last: toNumber(last) };
  if (range.first > range.last) throw new Error(`the range ${JSON.stringify(part)} ends before it begins`);
  return range;
}

/** All of a network's addresses but those that mean the network itself and, with IPv4, everybody in it. */
function cidrRange(cidr: string): Range {
  const [address = '', bits = ''] = cidr.split('/');
  const family = ipFamily(address);
  const size = 1n << BigInt((family === 'IPv4' ? 32 : 128) - Number(bits));
  const base = (toNumber(address) / size) * size;
  const few = size <= 2n;
  const last = base + size - (few || family === 'IPv6' ? 1n : 2n);
  return { family, first: few ? base : base + 1n, last };
}

function toNumber(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((n, part) => n * 256n + BigInt(part), 0n);
  const [left = '', right] = canonicalAddress(address).split('::');
  const groups = (side: string) => (side === '' ? [] : side.split(':'));
  const [head, tail] = [groups(left), groups(right ?? '')];
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].reduce((n, group) => n * 65_536n + BigInt(parseInt(group, 16)), 0n);
}

function toText(number: bigint, family: IpFamily): string {
  const part = (bits: number, i: number) => (number >> BigInt(bits * i)) & ((1n << BigInt(bits)) - 1n);
  if (family === 'IPv4') return [3, 2, 1, 0].map((i) => part(8, i)).join('.');
  return canonicalAddress([7, 6, 5, 4, 3, 2, 1, 0].map((i) => part(16, i).toString(16)).join(':'));
}
