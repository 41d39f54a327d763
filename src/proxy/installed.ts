import { parseLargeSave, type Iptables } from '../linux/iptables.ts';
import type { Placements } from './restore-text.ts';
import { isOurs, tables, targetOf, type Insertions, type OurTable, type RuleSet } from './rule-set.ts';

type Rule = readonly [chain: string, rule: string];

/** What is in the kernel, as iptables-save writes it. */
export interface Installed {
  readonly chains: RuleSet;
  /** Chains that are not ours. */
  readonly others: RuleSet;
}

/** Reads what is in the kernel. */
export async function readInstalled(iptables: Iptables): Promise<Installed> {
  const [nat, filter] = await Promise.all(tables.map(async (table) => parseLargeSave(await iptables.save(table))));
  const only = (saved: ReadonlyMap<string, readonly string[]>, ours: boolean) =>
    new Map([...saved].filter(([chain]) => isOurs(chain) === ours));
  return {
    chains: { nat: only(nat!, true), filter: only(filter!, true) },
    others: { nat: only(nat!, false), filter: only(filter!, false) },
  };
}

/** Rules in others' chains that lead to ours. */
export function jumpsTo({ others }: Installed): Insertions {
  const found = (table: OurTable) =>
    [...others[table]].flatMap(([chain, rules]) =>
      rules.filter((rule) => isOurs(targetOf(rule) ?? '')).map((rule): Rule => [chain, rule]),
    );
  return { nat: found('nat'), filter: found('filter') };
}

/**
 * Those of the wanted jumps that are not there, and where they belong: first in their chain, but after those of other
 * parts of the node, as network policies are, which must see packets before we let them through.
 */
export function missingJumps(installed: Installed, wanted: Insertions): Placements {
  const there = jumpsTo(installed);
  const missing = (table: OurTable) =>
    wanted[table]
      .filter(([chain, rule]) => !there[table].some(([c, r]) => c === chain && targetOf(r) === targetOf(rule)))
      .map(([chain, rule]) => [chain, rule, placeIn(installed.others[table].get(chain) ?? [])] as const);
  return { nat: missing('nat'), filter: missing('filter') };
}

function placeIn(rules: readonly string[]): number {
  const first = rules.findIndex((rule) => {
    const target = targetOf(rule) ?? '';
    return !target.startsWith('COX-') || isOurs(target) || target.startsWith('COX-POD-');
  });
  return (first < 0 ? rules.length : first) + 1;
}
