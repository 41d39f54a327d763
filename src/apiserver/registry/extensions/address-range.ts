import { isIPv4, isIPv6 } from 'node:net';
import { ipFamily } from '../../../api/core-v1/ip.ts';

export type IpFamily = ReturnType<typeof ipFamily>;

/** The most addresses of a range that are given away by themselves; others can still be asked for. */
const MOST = 2 ** 32;

/**
 * A range of addresses for services. The first is not given away, nor the last of IPv4: network and broadcast there,
 * the anycast address of the subnet's routers in IPv6.
 */
export class AddressRange {
  readonly cidr: string;
  readonly family: IpFamily;
  /** How many addresses can be given away. */
  readonly size: number;
  readonly #base: bigint;
  readonly #total: bigint;

  /** @throws Error when `cidr` is not like `10.96.0.0/16` or `fd00:10:96::/112` */
  constructor(cidr: string) {
    const [address = '', bits = ''] = cidr.split('/');
    const width = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : 0;
    const host = width - (/^\d{1,3}$/.test(bits) ? Number(bits) : NaN);
    if (width === 0 || !(host >= 2 && host <= (width === 32 ? 24 : 64))) {
      const rule = 'the service address range must be a network from /8 to /30 like 10.96.0.0/16';
      throw new Error(`${rule}, or from /64 to /126 like fd00:10:96::/112, but is ${JSON.stringify(cidr)}`);
    }
    this.cidr = cidr;
    this.family = ipFamily(address);
    this.#total = 1n << BigInt(host);
    this.#base = (toNumber(address) / this.#total) * this.#total;
    this.size = Math.min(MOST, Number(this.#last));
  }

  /** The address at `offset`, from 0 to `size` - 1, in its canonical form. */
  at(offset: number): string {
    return toText(this.#base + 1n + BigInt(offset), this.family);
  }

  contains(address: string): boolean {
    if ((isIPv4(address) || isIPv6(address)) && ipFamily(address) === this.family) {
      const offset = toNumber(address) - this.#base;
      return offset >= 1n && offset <= this.#last;
    }
    return false;
  }

  /** The offset of the last address that can be given away, which is also how many there are. */
  get #last(): bigint {
    return this.#total - (this.family === 'IPv4' ? 2n : 1n);
  }
}

/** The ranges of `10.96.0.0/16` or `10.96.0.0/16,fd00:10:96::/112`. @throws Error for anything else */
export function addressRanges(cidrs: string): readonly [AddressRange, ...AddressRange[]] {
  const ranges = cidrs.split(',').map((cidr) => new AddressRange(cidr.trim()));
  if (ranges.length > 2 || (ranges.length === 2 && ranges[0]!.family === ranges[1]!.family)) {
    throw new Error(`the service address ranges must be one, or one of IPv4 and one of IPv6, but are ${cidrs}`);
  }
  return ranges as [AddressRange, ...AddressRange[]];
}

/** The one way in which an address is written, which names its `IPAddress` object. */
export function canonicalIp(address: string): string {
  return toText(toNumber(address), ipFamily(address));
}

function toNumber(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((n, part) => n * 256n + BigInt(part), 0n);
  return groupsOf(address).reduce((n, group) => n * 65_536n + BigInt(group), 0n);
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  const [left = '', right] = asUrlHost(address).split('::');
  const parse = (side: string) => (side === '' ? [] : side.split(':').map((group) => parseInt(group, 16)));
  if (right === undefined) return parse(left);
  const [head, tail] = [parse(left), parse(right)];
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function toText(n: bigint, family: IpFamily): string {
  const [count, bits] = family === 'IPv4' ? [4, 8n] : [8, 16n];
  const mask = (1n << bits) - 1n;
  const parts = Array.from({ length: count }, (_, i) => (n >> (bits * BigInt(count - 1 - i))) & mask);
  return family === 'IPv4' ? parts.join('.') : asUrlHost(parts.map((part) => part.toString(16)).join(':'));
}

/** Hosts of URLs are written as RFC 5952 wants IPv6 addresses written. */
function asUrlHost(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}
