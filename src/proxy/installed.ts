import { parseSave, type Iptables } from '../linux/iptables.ts';
import {
  change,
  emptyRuleSet,
  isOurs,
  tables,
  targetOf,
  type Insertions,
  type OurTable,
  type RuleSet,
} from './rule-set.ts';

type Rule = readonly [chain: string, rule: string];

/** What of ours is in the kernel, as iptables-save writes it (which is not how the rules were given). */
export interface Installed {
  readonly chains: RuleSet;
  /** Rules in others' chains that lead to ours. */
  readonly jumps: Readonly<Record<OurTable, readonly Rule[]>>;
}

/** Reads what of ours is in the kernel. */
export async function readInstalled(iptables: Iptables): Promise<Installed> {
  const [nat, filter] = await Promise.all(tables.map(async (table) => ours(parseSave(await iptables.save(table)))));
  return { chains: { nat: nat!.chains, filter: filter!.chains }, jumps: { nat: nat!.jumps, filter: filter!.jumps } };
}

function ours(saved: ReadonlyMap<string, readonly string[]>): {
  chains: Map<string, readonly string[]>;
  jumps: Rule[];
} {
  const chains = new Map([...saved].filter(([chain]) => isOurs(chain)));
  const others = [...saved].filter(([chain]) => !isOurs(chain));
  const jumps = others.flatMap(([chain, rules]) =>
    rules.filter((rule) => isOurs(targetOf(rule) ?? '')).map((rule): Rule => [chain, rule]),
  );
  return { chains, jumps };
}

/** Those of the wanted jumps that are not there. A jump is known by its chain and where it leads to. */
export function missingJumps(installed: Installed, wanted: Insertions): Insertions {
  const missing = (table: OurTable) =>
    wanted[table].filter(
      ([chain, rule]) => !installed.jumps[table].some(([c, r]) => c === chain && targetOf(r) === targetOf(rule)),
    );
  return { nat: missing('nat'), filter: missing('filter') };
}

/** Whether two readings show the same chains and jumps. */
export function sameInstalled(a: Installed, b: Installed): boolean {
  const same = (table: OurTable) => JSON.stringify(a.jumps[table]) === JSON.stringify(b.jumps[table]);
  return change(a.chains, b.chains) === '' && tables.every(same);
}

/** The input of iptables-restore that removes every chain of ours and every rule that leads to one. */
export function removal({ chains, jumps }: Installed): string {
  const jumpLines = (table: OurTable) => jumps[table].map(([chain, rule]) => `-D ${chain} ${rule}`);
  return tables
    .map((table) => {
      const text = change({ ...emptyRuleSet, [table]: chains[table] }, emptyRuleSet);
      const deletions = jumpLines(table);
      if (!deletions.length) return text;
      if (!text) return `*${table}\n${deletions.join('\n')}\nCOMMIT\n`;
      return text.replace(/\n(?=-X )/, `\n${deletions.join('\n')}\n`);
    })
    .join('');
}
