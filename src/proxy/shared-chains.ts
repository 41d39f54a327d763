import { lowBits } from './cidr.ts';
import type { OurTable } from './rule-set.ts';
import type { Place, SharedRule } from './service-rules.ts';

/** Node ports in one bucket. */
const PORTS = 128;

/** A part of a chain that all services share: the rules about some of the addresses, or of the ports. */
interface Bucket {
  /** The rule of the shared chain that leads to it. */
  readonly jump: string;
  /** Rules, and how many ports of services want each. */
  readonly rules: Map<string, number>;
}

/** `COX-SERVICES-17`, and what leads there. */
function bucketOf(chain: string, place: Place): { name: string; match: string } {
  if ('address' in place) {
    const bits = lowBits(place.address);
    const match = place.address.includes(':') ? `-d ::${bits.toString(16)}/::3f` : `-d 0.0.0.${bits}/0.0.0.63`;
    return { name: `${chain}-${bits}`, match: bits === 0 && place.address.includes(':') ? '-d ::/::3f' : match };
  }
  const number = Math.floor(place.port / PORTS);
  const protocol = place.protocol.toLowerCase();
  const range = `${number * PORTS}:${number * PORTS + PORTS - 1}`;
  return {
    name: `${chain}-${place.protocol}-${number}`,
    match: `-p ${protocol} -m ${protocol} --dport ${range}`,
  };
}

/**
 * A chain that all services share. It is divided by the lowest bits of the address, or by the port, so that a packet
 * passes few rules, and a change of one service writes few, however many services there are.
 */
export class SharedChain {
  readonly table: OurTable;
  readonly name: string;
  /** Rules after those of services. */
  readonly #last: readonly string[];
  readonly #buckets = new Map<string, Bucket>();

  constructor(table: OurTable, name: string, last: readonly string[]) {
    this.table = table;
    this.name = name;
    this.#last = last;
  }

  /** Counts a rule in; returns the chains that are other ones now. */
  add({ place, rule }: SharedRule): string[] {
    const { name, match } = bucketOf(this.name, place);
    const bucket = this.#buckets.get(name);
    if (!bucket) {
      this.#buckets.set(name, { jump: `${match} -j ${name}`, rules: new Map([[rule, 1]]) });
      return [name, this.name];
    }
    const count = bucket.rules.get(rule) ?? 0;
    bucket.rules.set(rule, count + 1);
    return count ? [] : [name];
  }

  /** Counts a rule out; returns the chains that are other ones now. */
  remove({ place, rule }: SharedRule): string[] {
    const { name } = bucketOf(this.name, place);
    const { rules } = this.#buckets.get(name)!;
    const count = rules.get(rule)!;
    if (count > 1) return (rules.set(rule, count - 1), []);
    rules.delete(rule);
    if (rules.size > 0) return [name];
    this.#buckets.delete(name);
    return [name, this.name];
  }

  /** The rules of the chain or of one of its buckets, in an order that does not depend on how it came about. */
  rulesOf(chain: string): readonly string[] | undefined {
    if (chain !== this.name) {
      const bucket = this.#buckets.get(chain);
      return bucket && [...bucket.rules.keys()].sort();
    }
    const names = [...this.#buckets.keys()].sort((a, b) => numberOf(a) - numberOf(b) || (a < b ? -1 : 1));
    return [...names.map((name) => this.#buckets.get(name)!.jump), ...this.#last];
  }
}

function numberOf(bucket: string): number {
  return Number(bucket.slice(bucket.lastIndexOf('-') + 1));
}
