import { fixedRules } from './fixed-rules.ts';
import type { Family, ServicePort } from './model.ts';
import type { RuleOptions } from './rule-text.ts';
import { tables, type ChainName, type OurTable, type RuleSet } from './rule-set.ts';
import { portRules, type PortRules } from './service-rules.ts';
import { SharedChain } from './shared-chains.ts';

/** Chains of which services have rules too. */
const shared = {
  nat: ['COX-HAIRPIN', 'COX-NODEPORTS', 'COX-SERVICES'],
  filter: ['COX-REFUSE-PORTS', 'COX-REFUSE', 'COX-HEALTH-PORTS'],
} as const satisfies Record<OurTable, readonly string[]>;

/**
 * All of our chains with their rules, kept current service by service. What they are depends on the services alone, not
 * on the order in which they came.
 *
 *     nat     COX-SERVICES       by address and port to COX-SVC-* (cluster IPs), COX-EXT-* (external) or COX-FW-*
 *             COX-NODEPORTS      by node port to COX-EXT-*
 *             COX-FW-*           by source to COX-EXT-*, for load balancers with source ranges
 *             COX-EXT-*          connections from outside: marks them, then COX-SVC-*, or COX-SVL-* for policy Local
 *             COX-SVC-*          changes the destination to one of all endpoints, COX-SVL-* to one on this node
 *             COX-MARK-MASQ      marks, COX-POSTROUTING gives marked packets this machine's address
 *             COX-HAIRPIN        gives this machine's address to pods that reach themselves through a service
 *     filter  COX-REFUSE         refuses connections to services without endpoints
 *             COX-REFUSE-PORTS   the same for node ports
 *             COX-FORWARD        lets pods' packets through, which Docker's policy would drop
 *             COX-HEALTH-PORTS   lets load balancers ask for endpoints on this node
 *             COX-FIREWALL       keeps neighbours off this machine's loopback addresses
 *
 * Chains that all services share are divided: see `SharedChain`.
 */
export class RuleBook {
  readonly #family: Family;
  readonly #options: RuleOptions;
  readonly #rules: Record<OurTable, Map<string, readonly string[]>>;
  readonly #shared: ReadonlyMap<string, SharedChain>;
  readonly #services = new Map<string, readonly PortRules[]>();

  constructor(family: Family, options: RuleOptions) {
    this.#family = family;
    this.#options = options;
    const fixed = fixedRules(family, options);
    this.#rules = { nat: new Map(fixed.nat), filter: new Map(fixed.filter) };
    this.#shared = new Map(
      tables.flatMap((table) =>
        shared[table].map((name) => [name, new SharedChain(table, name, fixed[table].get(name)!)] as const),
      ),
    );
  }

  /** The rules as they should be. It changes with `put`. */
  get rules(): RuleSet {
    return this.#rules;
  }

  /**
   * Takes in the ports that a service has now; none when it is gone. Those of another family are left out.
   * @returns the chains that may be other ones than before
   */
  put(service: string, ports: readonly ServicePort[]): ChainName[] {
    const old = this.#services.get(service) ?? [];
    const now = ports.filter((port) => port.family === this.#family).map((port) => portRules(port, this.#options));
    if (now.length > 0) this.#services.set(service, now);
    else this.#services.delete(service);
    return [...this.#putChains(old, now), ...this.#putShared(old, now)];
  }

  #putChains(old: readonly PortRules[], now: readonly PortRules[]): ChainName[] {
    const { nat } = this.#rules;
    const before = old.flatMap(({ chains }) => [...chains.keys()]);
    for (const chain of before) nat.delete(chain);
    for (const { chains } of now) for (const [chain, rules] of chains) nat.set(chain, rules);
    const after = now.flatMap(({ chains }) => [...chains.keys()]);
    return [...new Set([...before, ...after])].map((chain) => ['nat', chain]);
  }

  /** New rules are counted in before old ones are counted out: most are both, and their chains stay. */
  #putShared(old: readonly PortRules[], now: readonly PortRules[]): ChainName[] {
    const touched = new Map<string, SharedChain>();
    const touch = (chain: SharedChain, names: readonly string[]) => names.forEach((name) => touched.set(name, chain));
    for (const rule of now.flatMap((port) => port.shared)) {
      const chain = this.#shared.get(rule.chain)!;
      touch(chain, chain.add(rule));
    }
    for (const rule of old.flatMap((port) => port.shared)) {
      const chain = this.#shared.get(rule.chain)!;
      touch(chain, chain.remove(rule));
    }
    for (const [name, chain] of touched) {
      const rules = chain.rulesOf(name);
      if (rules) this.#rules[chain.table].set(name, rules);
      else this.#rules[chain.table].delete(name);
    }
    return [...touched].map(([name, { table }]) => [table, name]);
  }
}

/** The rules for all these ports of services. */
export function rulesFor(family: Family, ports: readonly ServicePort[], options: RuleOptions): RuleSet {
  const book = new RuleBook(family, options);
  for (const port of ports) book.put(`${port.name} ${port.protocol}`, [port]);
  return book.rules;
}
