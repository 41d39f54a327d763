import { Iptables, parseSave, type Table } from '../../linux/iptables.ts';

/** The packet filter's rules for the pods behind one bridge, in chains of their own. */
export interface PodRulesOptions {
  readonly bridge: string;
  /** Of IPv4 or IPv6; the rules are for that family. */
  readonly podCidr: string;
  /** Where packets go with the pod's own address: the pods of other nodes. */
  readonly unmasked?: readonly string[] | undefined;
}

/** A rule in a chain that is not ours, by which packets get into ours. */
interface Jump {
  readonly table: Table;
  readonly from: string;
  readonly to: string;
}

const multicast = { 4: '224.0.0.0/4', 6: 'ff00::/8' } as const;

function chains(bridge: string): { forward: string; masquerade: string } {
  return { forward: `COX-POD-FORWARD-${bridge}`.slice(0, 28), masquerade: `COX-POD-MASQ-${bridge}`.slice(0, 28) };
}

function jumps(bridge: string): Jump[] {
  const { forward, masquerade } = chains(bridge);
  return [
    { table: 'filter', from: 'FORWARD', to: forward },
    { table: 'nat', from: 'POSTROUTING', to: masquerade },
  ];
}

/** What goes into our chain of a table. */
function rulesOf(table: Table, { bridge, podCidr, unmasked = [] }: PodRulesOptions): string[] {
  const { forward, masquerade } = chains(bridge);
  if (table === 'filter') return [`-A ${forward} -i ${bridge} -j ACCEPT`, `-A ${forward} -o ${bridge} -j ACCEPT`];
  return [
    `-A ${masquerade} -s ${podCidr} -d ${multicast[familyOf(podCidr)]} -j RETURN`,
    ...unmasked.map((range) => `-A ${masquerade} -s ${podCidr} -d ${range} -j RETURN`),
    `-A ${masquerade} -s ${podCidr} ! -d ${podCidr} -j MASQUERADE --random-fully`,
  ];
}

/**
 * What iptables-restore is fed, given the tables as they are: packets from and to pods may pass (Docker's default is to
 * drop what is not its own), and what leaves the pods' network carries the node's address. Pure.
 */
export function podRulesText(options: PodRulesOptions, saved: Readonly<Partial<Record<Table, string>>>): string {
  const lines = jumps(options.bridge).flatMap(({ table, from, to }) => {
    const rules = parseSave(saved[table] ?? '').get(from) ?? [];
    const there = rules.some((rule) => leadsTo(rule, to));
    return [
      `*${table}`,
      `:${to} - [0:0]`,
      ...rulesOf(table, options),
      ...(there ? [] : [`-I ${from} ${placeIn(rules)} -j ${to}`]),
      'COMMIT',
    ];
  });
  return `${lines.join('\n')}\n`;
}

/** After the jumps of policies and services, which are to see packets before they are let through, and before all others. */
function placeIn(rules: readonly string[]): number {
  const first = rules.findIndex((rule) => !/(^| )-j COX-/.test(rule));
  return (first < 0 ? rules.length : first) + 1;
}

/** What iptables-restore is fed to remove all that; empty when nothing is there. Pure. */
export function removalText(bridge: string, saved: Readonly<Partial<Record<Table, string>>>): string {
  const lines = jumps(bridge).flatMap(({ table, from, to }) => {
    const known = parseSave(saved[table] ?? '');
    if (!known.has(to)) return [];
    const deletions = (known.get(from) ?? []).filter((rule) => leadsTo(rule, to)).map((rule) => `-D ${from} ${rule}`);
    return [`*${table}`, `:${to} - [0:0]`, ...deletions, `-X ${to}`, 'COMMIT'];
  });
  return lines.length > 0 ? `${lines.join('\n')}\n` : '';
}

/** Chains by which network plugins tell which of iptables' kernel interfaces the node uses (KEP-3178). */
const hints = ['KUBE-IPTABLES-HINT', 'KUBE-KUBELET-CANARY'];

/** What iptables-restore is fed to make them. */
export const hintText = ['*mangle', ...hints.map((chain) => `:${chain} - [0:0]`), 'COMMIT', ''].join('\n');

/** What iptables-restore is fed to remove them; empty when there is nothing to remove. What somebody uses stays. Pure. */
export function hintRemoval(mangle: string): string {
  const known = parseSave(mangle);
  const used = (chain: string) => [...known.values()].some((rules) => rules.some((rule) => leadsTo(rule, chain)));
  const ours = hints.filter((chain) => known.get(chain)?.length === 0 && !used(chain));
  return ours.length > 0 ? ['*mangle', ...ours.map((chain) => `-X ${chain}`), 'COMMIT', ''].join('\n') : '';
}

export async function installPodRules(
  options: PodRulesOptions,
  iptables = new Iptables(undefined, familyOf(options.podCidr)),
): Promise<void> {
  await iptables.restore(podRulesText(options, await savedTables(iptables)));
  // Nothing of ours needs them, and a kernel may be without the table.
  await iptables.restore(hintText).catch(() => {});
}

/** Removes the chains and what leads to them, of both families; what is not there is no error. */
export async function removePodRules(bridge: string): Promise<void> {
  await removeOf(bridge, new Iptables());
  // A machine may be without IPv6.
  await removeOf(bridge, new Iptables(undefined, 6)).catch(() => {});
}

async function removeOf(bridge: string, iptables: Iptables): Promise<void> {
  const text = removalText(bridge, await savedTables(iptables));
  if (text) await iptables.restore(text);
  const hint = hintRemoval(await iptables.save('mangle').catch(() => ''));
  if (hint) await iptables.restore(hint);
}

function familyOf(cidr: string): 4 | 6 {
  return cidr.includes(':') ? 6 : 4;
}

async function savedTables(iptables: Iptables): Promise<Partial<Record<Table, string>>> {
  const [filter, nat] = await Promise.all([iptables.save('filter'), iptables.save('nat')]);
  return { filter, nat };
}

function leadsTo(rule: string, chain: string): boolean {
  return rule === `-j ${chain}`;
}
