import { noInsertions, tables, type Change, type ChainName, type Insertions, type OurTable } from './rule-set.ts';

/** Where to put a rule into a chain that is not ours: before the rule that now has this number, counted from 1. */
export type Placed = readonly [chain: string, rule: string, place: number];

/** Jumps to put into chains that are not ours. */
export type Placements = Readonly<Record<OurTable, readonly Placed[]>>;

/** Rules in one piece. The nft backend needs time that grows with the square of what it is given at once. */
const PIECE = 4_000;

/** Chains that only lead to chains further up, in this order: so a piece needs no chain of a later one. */
const ORDER = [
  /^COX-(MARK-MASQ|SVC|SVL|SEP|CANARY)/,
  /^COX-EXT/,
  /^COX-FW/,
  /-\d+$/,
  /^COX-(HAIRPIN|NODEPORTS|REFUSE-PORTS)$/,
  /^COX-REFUSE$/,
  /^/,
];

/**
 * A change as inputs of `iptables-restore --noflush`, each of which is applied whole or not at all, to be given one after
 * the other. A change of ordinary size is one. Empty when there is nothing to do.
 */
export function* restoreTexts(
  { write, remove }: Change,
  insertions: Placements = { nat: [], filter: [] },
  piece = PIECE,
): Generator<string> {
  const writes = inPieces(byRank(write).flat(), piece);
  // Chains go after those that lead to them.
  const removals = inPieces(byRank(remove).toReversed().flat(), piece);
  if (writes.length <= 1 && removals.length <= 1) yield* some(text(writes[0] ?? [], insertions, removals[0] ?? []));
  else {
    for (const part of writes) yield text(part, undefined, []);
    yield* some(text([], insertions, []));
    for (const part of removals) yield text([], undefined, part);
  }
}

function some(part: string): string[] {
  return part === '' ? [] : [part];
}

function byRank<T extends readonly [...ChainName, ...unknown[]]>(chains: readonly T[]): T[][] {
  const ranks: T[][] = ORDER.map(() => []);
  for (const chain of chains) ranks[rank(chain)]!.push(chain);
  return ranks;
}

function rank([, chain]: readonly [...ChainName, ...unknown[]]): number {
  return ORDER.findIndex((pattern) => pattern.test(chain));
}

function inPieces<T extends readonly [...ChainName, (readonly string[])?]>(chains: readonly T[], piece: number): T[][] {
  const pieces: T[][] = [];
  let left = 0;
  for (const chain of chains) {
    if (left <= 0) {
      pieces.push([]);
      left = piece;
    }
    pieces.at(-1)!.push(chain);
    left -= 1 + (chain[2]?.length ?? 0);
  }
  return pieces;
}

function text(write: Change['write'], insertions: Placements | undefined, remove: readonly ChainName[]): string {
  return tables
    .map((table) =>
      tableText(
        table,
        write.filter(([t]) => t === table),
        insertions?.[table] ?? [],
        remove.flatMap(([t, chain]) => (t === table ? [chain] : [])),
      ),
    )
    .join('');
}

function tableText(
  table: OurTable,
  write: Change['write'],
  insertions: readonly Placed[],
  remove: readonly string[],
): string {
  if (write.length === 0 && remove.length === 0 && insertions.length === 0) return '';
  return [
    `*${table}`,
    // Naming a chain makes it, or empties it when it is there.
    ...write.map(([, chain]) => `:${chain} - [0:0]`),
    ...remove.map((chain) => `:${chain} - [0:0]`),
    ...write.flatMap(([, chain, rules]) => rules.map((rule) => `-A ${chain} ${rule}`)),
    ...insertions.toReversed().map(([chain, rule, place]) => `-I ${chain} ${place} ${rule}`),
    ...remove.map((chain) => `-X ${chain}`),
    'COMMIT',
    '',
  ].join('\n');
}

/** The input of `iptables-restore` that removes these jumps, then these chains. */
export function removalText(jumps: Insertions = noInsertions, chains: readonly ChainName[]): string {
  return tables
    .map((table) => {
      const deletions = jumps[table].map(([chain, rule]) => `-D ${chain} ${rule}`);
      const ours = chains.flatMap(([t, chain]) => (t === table ? [chain] : []));
      if (deletions.length === 0 && ours.length === 0) return '';
      const named = ours.map((chain) => `:${chain} - [0:0]`);
      return [`*${table}`, ...named, ...deletions, ...ours.map((chain) => `-X ${chain}`), 'COMMIT', ''].join('\n');
    })
    .join('');
}
