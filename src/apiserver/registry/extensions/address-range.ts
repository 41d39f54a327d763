import {
  ipFamily,
  ipToNumber,
  isIp,
  numberToIp,
  parseCidr,
  addressBits,
  type IpFamily,
} from '../../../apimachinery/ip-address.ts';

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
    const range = parseCidr(cidr);
    const host = range ? addressBits[range.family] - range.prefix : 0;
    if (!range || !(host >= 2 && host <= (range.family === 'IPv4' ? 24 : 64))) {
      const rule = 'the service address range must be a network from /8 to /30 like 10.96.0.0/16';
      throw new Error(`${rule}, or from /64 to /126 like fd00:10:96::/112, but is ${JSON.stringify(cidr)}`);
    }
    this.cidr = cidr;
    this.family = range.family;
    this.#total = 1n << BigInt(host);
    this.#base = range.first;
    this.size = Math.min(MOST, Number(this.#last));
  }

  /** The address at `offset`, from 0 to `size` - 1, in its canonical form. */
  at(offset: number): string {
    return numberToIp(this.#base + 1n + BigInt(offset), this.family);
  }

  contains(address: string): boolean {
    if (isIp(address) && ipFamily(address) === this.family) {
      const offset = ipToNumber(address) - this.#base;
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
