import { families, type Family } from './pods.ts';
import { hooks, hooksOf, type AddressSet, type Hook, type RuleSet } from './rules.ts';

/** What is in the kernel: our rules, and the kernel's chains that lead packets to them. */
export interface Installed extends RuleSet {
  readonly led: Readonly<Record<Family, ReadonlySet<Hook>>>;
}

/** What to feed to which command, in this order; empty is nothing. */
export interface Change {
  /** `ipset restore`: new sets, and new and gone members. */
  readonly sets: string;
  /** `iptables-restore --noflush` and `ip6tables-restore --noflush`. */
  readonly rules: Readonly<Record<Family, string>>;
  /** `ipset restore`: sets that no rule asks any more. */
  readonly unused: string;
}

/**
 * What turns `current` into `wanted`: of sets that stay only the members that come and go, of chains only those that
 * differ. Sets stand before the rules that ask them, and a member comes before others go, so that a pod that changes from
 * one profile to another is isolated all the time.
 */
export function change(current: Installed, wanted: RuleSet): Change {
  const created = [...wanted.sets].filter(([name]) => !current.sets.has(name));
  const gone = [...current.sets.keys()].filter((name) => !wanted.sets.has(name));
  const kept = [...wanted.sets].flatMap(([name, now]) => {
    const before = current.sets.get(name);
    return before && before.members !== now.members ? [{ name, before: before.members, now: now.members }] : [];
  });
  const lines = [
    ...created.map(([name, set]) => creation(name, set)),
    ...created.flatMap(([name, { members }]) => [...members].map((member) => `add ${name} ${member}`)),
    ...kept.flatMap(({ name, before, now }) => missing(now, before).map((member) => `add ${name} ${member}`)),
    ...kept.flatMap(({ name, before, now }) =>
      missing(before, now).map((member) => `del ${name} ${member.replace(/ nomatch$/, '')}`),
    ),
  ];
  return {
    sets: text(lines),
    rules: { 4: chainChange(current, wanted, 4), 6: chainChange(current, wanted, 6) },
    unused: text(gone.map((name) => `destroy ${name}`)),
  };
}

export function isEmpty({ sets, rules, unused }: Change): boolean {
  return !sets && !unused && families.every((family) => !rules[family]);
}

/** Small at first: most selections are of a few pods. The kernel enlarges it. */
function creation(name: string, { type, family }: AddressSet): string {
  return `create ${name} ${type} family ${family === 6 ? 'inet6' : 'inet'} hashsize 64 maxelem 1048576`;
}

function chainChange(current: Installed, wanted: RuleSet, family: Family): string {
  const [before, now] = [current.chains[family], wanted.chains[family]];
  const changed = [...now].filter(([chain, rules]) => !sameRules(before.get(chain), rules));
  const removed = [...before.keys()].filter((chain) => !now.has(chain));
  const [led, leads] = [current.led[family], hooksOf(now)];
  const lead = [...leads].filter((hook) => !led.has(hook)).map((hook) => `-I ${hook} 1 -j ${hooks[hook]}`);
  const leave = [...led].filter((hook) => !leads.has(hook)).map((hook) => `-D ${hook} -j ${hooks[hook]}`);
  const lines = [
    // Naming a chain makes it, or empties it when it is there.
    ...[...changed.map(([chain]) => chain), ...removed].map((chain) => `:${chain} - [0:0]`),
    ...changed.flatMap(([chain, rules]) => rules.map((rule) => `-A ${chain} ${rule}`)),
    ...lead,
    ...leave,
    ...removed.map((chain) => `-X ${chain}`),
  ];
  return lines.length > 0 ? text(['*mangle', ...lines, 'COMMIT']) : '';
}

function missing(of: ReadonlySet<string>, from: ReadonlySet<string>): string[] {
  return [...of].filter((member) => !from.has(member));
}

function sameRules(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a !== undefined && a.length === b.length && a.every((rule, i) => rule === b[i]);
}

function text(lines: readonly string[]): string {
  return lines.length > 0 ? `${lines.join('\n')}\n` : '';
}
