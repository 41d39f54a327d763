import { addressBits, numberToIp, parseCidr, type IpFamily } from '../../apimachinery/ip-address.ts';

/** What is to be shared out among nodes: one range, or one of each IP family. */
export interface NodeRanges {
  /** e.g. `10.244.0.0/16` or `10.244.0.0/16,fd00:244::/48`. */
  readonly clusterCidr: string;
  /** The prefix length of a node's part. Default: 24 for IPv4, 64 for IPv6. */
  readonly maskSize?: { readonly 4?: number | undefined; readonly 6?: number | undefined } | undefined;
  /** Ranges of services: parts that they overlap are for no node. */
  readonly serviceCidrs?: readonly string[] | undefined;
}

const DEFAULT_MASK = { IPv4: 24, IPv6: 64 } as const;
/** More parts than 2 to the power of this are too many for one cluster, as upstream has it. */
const MOST_BITS = 16;

/** A range of addresses in parts of one size, each for one node. */
export class RangeSlots {
  readonly cidr: string;
  /** How many parts there are. */
  readonly count: number;
  readonly #family: IpFamily;
  readonly #base: bigint;
  readonly #mask: number;
  readonly #size: bigint;

  /** @throws Error with a sentence when the range cannot be shared out so */
  constructor(cidr: string, maskSize?: number) {
    const range = parseCidr(cidr);
    if (!range) throw new Error(`${JSON.stringify(cidr)} is not a range of addresses like 10.244.0.0/16`);
    const { family, prefix } = range;
    const width = addressBits[family];
    const mask = maskSize ?? Math.max(DEFAULT_MASK[family], prefix);
    if (mask < prefix || mask > width)
      throw new Error(`the size of a node's part, /${mask}, must be between that of ${cidr} and /${width}`);
    if (mask - prefix > MOST_BITS)
      throw new Error(`${cidr} has too many parts of size /${mask}: at most 2^${MOST_BITS}`);
    this.cidr = cidr;
    this.count = 2 ** (mask - prefix);
    this.#family = family;
    this.#mask = mask;
    this.#size = 1n << BigInt(width - mask);
    this.#base = range.first;
  }

  /** The part with this number, from 0 on. */
  at(slot: number): string {
    return `${numberToIp(this.#base + BigInt(slot) * this.#size, this.#family)}/${this.#mask}`;
  }

  /** The numbers of all parts that another range overlaps, from the first to the last; undefined when there are none. */
  overlap(cidr: string): { readonly first: number; readonly last: number } | undefined {
    const other = parseCidr(cidr);
    if (other?.family !== this.#family) return undefined;
    const [start, end] = [other.first - this.#base, other.last - this.#base];
    if (end < 0n || start >= this.#size * BigInt(this.count)) return undefined;
    return {
      first: start < 0n ? 0 : Number(start / this.#size),
      last: Math.min(this.count - 1, Number(end / this.#size)),
    };
  }
}

/** @throws Error with a sentence when the ranges cannot be shared out so */
export function rangeSlots({ clusterCidr, maskSize = {} }: NodeRanges): readonly RangeSlots[] {
  const cidrs = clusterCidr.split(',').map((cidr) => cidr.trim());
  const families = cidrs.map((cidr) => (cidr.includes(':') ? 6 : 4));
  if (cidrs.length > 2 || new Set(families).size < cidrs.length)
    throw new Error(`the ranges of pod addresses must be one, or one of each IP family, but are ${clusterCidr}`);
  return cidrs.map((cidr, i) => new RangeSlots(cidr, maskSize[families[i] as 4 | 6]));
}
