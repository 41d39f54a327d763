import type { RefusedLine } from '../linux/iptables.ts';
import { tables, type ChainName, type OurTable, type RuleSet } from './rule-set.ts';

/** Rules that the kernel or iptables does not take, as those of a protocol that the kernel was built without. */
export class RefusedRules {
  /** By table and chain. */
  readonly #known = new Map<string, { readonly name: ChainName; readonly rules: Set<string> }>();

  /**
   * Notes one.
   * @returns whether leaving it out may help: not when it is another thing than a rule, when it leads to a chain that
   *   somebody has removed meanwhile, or when it is known already
   */
  add({ table, line, reason }: RefusedLine): boolean {
    const [, chain, rule] = /^-A (COX-\S+) (.+)$/.exec(line) ?? [];
    if (!isOurTable(table) || chain === undefined || rule === undefined) return false;
    if (/chain\b.*\bnot exist|no chain/i.test(reason)) return false;
    const key = `${table} ${chain}`;
    const known = this.#known.get(key) ?? { name: [table, chain], rules: new Set<string>() };
    this.#known.set(key, known);
    const before = known.rules.size;
    return known.rules.add(rule).size > before;
  }

  /**
   * The rules without those that are refused.
   * @param among only these chains matter
   */
  leftOut(rules: RuleSet, among?: readonly ChainName[]): RuleSet {
    const concerned = [...this.#known].filter(
      ([key, { name }]) =>
        rules[name[0]].has(name[1]) && (!among || among.some(([table, chain]) => `${table} ${chain}` === key)),
    );
    if (concerned.length === 0) return rules;
    const copy = { nat: new Map(rules.nat), filter: new Map(rules.filter) };
    for (const [, { name, rules: refused }] of concerned) {
      const [table, chain] = name;
      copy[table].set(
        chain,
        copy[table].get(chain)!.filter((rule) => !refused.has(rule)),
      );
    }
    return copy;
  }
}

function isOurTable(table: string): table is OurTable {
  return (tables as readonly string[]).includes(table);
}
