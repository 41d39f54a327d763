/** The tables that we use, in the order in which they are written. */
export const tables = ['nat', 'filter'] as const;

export type OurTable = (typeof tables)[number];

/** Rules (without `-A chain`) by chain, for each table. Only chains for which `isOurs` holds are touched. */
export type RuleSet = Readonly<Record<OurTable, ReadonlyMap<string, readonly string[]>>>;

/** Rules to put first into chains that are not ours. */
export type Insertions = Readonly<Record<OurTable, readonly (readonly [chain: string, rule: string])[]>>;

export const emptyRuleSet: RuleSet = { nat: new Map(), filter: new Map() };

/** What may follow `COX-` in the name of a chain of ours. Other parts of the node have chains too. */
const OURS =
  /^COX-(SERVICES|NODEPORTS|SVC|SVL|EXT|FW|SEP|MARK-MASQ|POSTROUTING|HAIRPIN|REFUSE|FORWARD|FIREWALL|HEALTH-PORTS|OPENED-LOOPBACK|CANARY)(-|$)/;

/** Whether a chain belongs to us. */
export function isOurs(chain: string): boolean {
  return OURS.test(chain);
}

/**
 * The input of `iptables-restore --noflush` that turns `current` into `wanted`: only chains that differ are written,
 * those no longer wanted are removed. Empty when there is nothing to do.
 */
export function change(current: RuleSet, wanted: RuleSet, insertions?: Insertions): string {
  return tables.map((table) => changeTable(table, current[table], wanted[table], insertions?.[table] ?? [])).join('');
}

function changeTable(
  table: OurTable,
  current: ReadonlyMap<string, readonly string[]>,
  wanted: ReadonlyMap<string, readonly string[]>,
  insertions: Insertions[OurTable],
): string {
  const changed = [...wanted].filter(([chain, rules]) => !sameRules(current.get(chain), rules));
  const removed = [...current.keys()].filter((chain) => !wanted.has(chain));
  if (!changed.length && !removed.length && !insertions.length) return '';
  const lines = [
    `*${table}`,
    // Naming a chain makes it, or empties it when it is there.
    ...[...changed.map(([chain]) => chain), ...removed].map((chain) => `:${chain} - [0:0]`),
    ...changed.flatMap(([chain, rules]) => rules.map((rule) => `-A ${chain} ${rule}`)),
    ...insertions.toReversed().map(([chain, rule]) => `-I ${chain} 1 ${rule}`),
    ...removed.map((chain) => `-X ${chain}`),
    'COMMIT',
  ];
  return `${lines.join('\n')}\n`;
}

function sameRules(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a !== undefined && a.length === b.length && a.every((rule, i) => rule === b[i]);
}

/** The chain that a rule leads to, or the verdict. */
export function targetOf(rule: string): string | undefined {
  return / -[jg] (\S+)/.exec(` ${rule}`)?.[1];
}
