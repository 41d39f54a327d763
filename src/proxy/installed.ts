import { parseLargeSave, type Iptables } from '../linux/iptables.ts';
import type { Placed, Placements } from './restore-text.ts';
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

/** Rules in others' chains that lead to ours and are none of the wanted, as a newer version of us may have left. */
export function strayJumps(installed: Installed, wanted: Insertions): Insertions {
  const found = jumpsTo(installed);
  const stray = (table: OurTable) => {
    const known = new Set(wanted[table].map(([chain, rule]) => `${chain} ${targetOf(rule)}`));
    return found[table].filter(([chain, rule]) => !known.has(`${chain} ${targetOf(rule)}`));
  };
  return { nat: stray('nat'), filter: stray('filter') };
}

/**
 * Those of the wanted jumps that are not there, and where they belong: first in their chain, but after those of other
 * parts of the node, as network policies are, which must see packets before we let them through; and before that of
 * the pods' network, which lets everything through.
 */
export function missingJumps({ others }: Installed, wanted: Insertions): Placements {
  const missing = (table: OurTable) =>
    wanted[table].flatMap(([chain, rule]): Placed[] => {
      const rules = others[table].get(chain) ?? [];
      const pods = rules.findIndex((r) => targetOf(r)?.startsWith(PODS));
      const there = rules.findIndex((r) => targetOf(r) === targetOf(rule));
      return there >= 0 && (pods < 0 || there < pods) ? [] : [[chain, rule, placeIn(rules)]];
    });
  return { nat: missing('nat'), filter: missing('filter') };
}

/** Chains of the pods' network. */
const PODS = 'COX-POD-';

function placeIn(rules: readonly string[]): number {
  const first = rules.findIndex((rule) => {
    const target = targetOf(rule) ?? '';
    return !target.startsWith('COX-') || isOurs(target) || target.startsWith(PODS);
  });
  return (first < 0 ? rules.length : first) + 1;
}
