import {
  ipFamily,
  ipToNumber,
  isIp,
  numberToIp,
  parseCidr,
  type IpFamily,
  type IpRange,
} from '../../apimachinery/ip-address.ts';

type Range = Pick<IpRange, 'family' | 'first' | 'last'>;

/** Addresses that are ours to give to services, e.g. of `10.0.99.0/28` or `10.0.99.20-10.0.99.30`. */
export class AddressPool {
  readonly #ranges: readonly Range[];

  /** @throws Error with a sentence that names the part that is neither a CIDR, a range, nor an address */
  constructor(parts: readonly string[]) {
    this.#ranges = parts.map(parseRange);
  }

  has(address: string): boolean {
    if (!isIp(address)) return false;
    const [family, number] = [ipFamily(address), ipToNumber(address)];
    return this.#ranges.some((r) => r.family === family && r.first <= number && number <= r.last);
  }

  /** The lowest address of the family that is not among `taken`, which are written canonically. */
  free(family: IpFamily, taken: ReadonlySet<string>): string | undefined {
    for (const range of this.#ranges.filter((r) => r.family === family)) {
      for (let number = range.first; number <= range.last; number++) {
        const address = numberToIp(number, family);
        if (!taken.has(address)) return address;
      }
    }
    return undefined;
  }
}

function parseRange(part: string): Range {
  const network = parseCidr(part);
  if (network) return hostsOf(network);
  const [first = '', last = first, ...more] = part.split('-').map((text) => text.trim());
  if (![first, last].every(isIp) || more.length > 0 || ipFamily(first) !== ipFamily(last)) {
    throw new Error(
      `${JSON.stringify(part)} is neither a network like 10.0.99.0/28 nor a range like 10.0.99.5-10.0.99.9`,
    );
  }
  const range = { family: ipFamily(first), first: ipToNumber(first), last: ipToNumber(last) };
  if (range.first > range.last) throw new Error(`the range ${JSON.stringify(part)} ends before it begins`);
  return range;
}

/** All of a network's addresses but those that mean the network itself and, with IPv4, everybody in it. */
function hostsOf({ family, first, last }: IpRange): Range {
  const few = last - first < 2n;
  return { family, first: few ? first : first + 1n, last: few || family === 'IPv6' ? last : last - 1n };
}
