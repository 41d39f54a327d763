import { nextTurn } from '../base/turn.ts';

/** Chains that are compared in one turn of the event loop. */
const AT_ONCE = 2_000;

/** The tables that we use, in the order in which they are written. */
export const tables = ['nat', 'filter'] as const;

export type OurTable = (typeof tables)[number];

export type ChainName = readonly [table: OurTable, chain: string];

/** Rules (without `-A chain`) by chain, for each table. Only chains for which `isOurs` holds are touched. */
export type RuleSet = Readonly<Record<OurTable, ReadonlyMap<string, readonly string[]>>>;

/** Rules in chains that are not ours. */
export type Insertions = Readonly<Record<OurTable, readonly (readonly [chain: string, rule: string])[]>>;

export const noInsertions: Insertions = { nat: [], filter: [] };

export const emptyRuleSet: RuleSet = { nat: new Map(), filter: new Map() };

/** What may follow `COX-` in the name of a chain of ours. Other parts of the node have chains too. */
const OURS =
  /^COX-(SERVICES|NODEPORTS|SVC|SVL|EXT|FW|SEP|MARK-MASQ|POSTROUTING|HAIRPIN|REFUSE|FORWARD|FIREWALL|HEALTH-PORTS|OPENED-LOOPBACK|CANARY)(-|$)/;

/** Whether a chain belongs to us. */
export function isOurs(chain: string): boolean {
  return OURS.test(chain);
}

/** What has to be done to chains of ours. */
export interface Change {
  readonly write: readonly (readonly [...ChainName, rules: readonly string[]])[];
  readonly remove: readonly ChainName[];
}

/**
 * What turns `current` into `wanted`: only chains that differ are written, those no longer wanted are removed.
 * @param among look at these chains only
 */
export function change(current: RuleSet, wanted: RuleSet, among?: readonly ChainName[]): Change {
  const write: Change['write'][number][] = [];
  const remove: ChainName[] = [];
  for (const [table, chain] of among ?? everyChain(current, wanted)) {
    const rules = wanted[table].get(chain);
    if (rules === undefined) {
      if (current[table].has(chain)) remove.push([table, chain]);
    } else if (!sameRules(current[table].get(chain), rules)) write.push([table, chain, rules]);
  }
  return { write, remove };
}

/** The chains that differ. Everybody else has their turn meanwhile: there may be many. */
export async function differences(a: RuleSet, b: RuleSet): Promise<ChainName[]> {
  const found: ChainName[] = [];
  let count = 0;
  for (const [table, chain] of everyChain(a, b)) {
    if (++count % AT_ONCE === 0) await nextTurn();
    const [one, other] = [a[table].get(chain), b[table].get(chain)];
    if (!one || !other || !sameRules(one, other)) found.push([table, chain]);
  }
  return found;
}

function* everyChain(a: RuleSet, b: RuleSet): Generator<ChainName> {
  for (const table of tables) {
    for (const chain of new Set([...b[table].keys(), ...a[table].keys()])) yield [table, chain];
  }
}

export function sameRules(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a !== undefined && (a === b || (a.length === b.length && a.every((rule, i) => rule === b[i])));
}

/** The chain that a rule leads to, or the verdict. */
export function targetOf(rule: string): string | undefined {
  return / -[jg] (\S+)/.exec(` ${rule}`)?.[1];
}
