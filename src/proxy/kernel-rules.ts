import type { Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { RefusedLine, type Iptables } from '../linux/iptables.ts';
import { canaryChain, jumps } from './fixed-rules.ts';
import { missingJumps, readInstalled, strayJumps, type Installed } from './installed.ts';
import type { Family, ServicePort } from './model.ts';
import type { ProxyMetrics } from './metrics.ts';
import { RefusedRules } from './refused-rules.ts';
import { removalText, restoreTexts, type Placements } from './restore-text.ts';
import { RuleBook } from './rule-book.ts';
import type { RuleOptions } from './rule-text.ts';
import {
  change,
  differences,
  sameRules,
  tables,
  targetOf,
  type Change,
  type ChainName,
  type OurTable,
  type RuleSet,
} from './rule-set.ts';

export interface KernelRulesOptions {
  readonly family: Family;
  readonly iptables: Iptables;
  readonly rules: RuleOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ProxyMetrics;
}

/** Rules that are found to be refused in one go; more of them take another. */
const MOST_REFUSED = 20;

type Written = Record<OurTable, Map<string, readonly string[]>>;

/** Stands for the jumps to our chains among what was written. */
const JUMPS = 'jumps';

const none: Placements = { nat: [], filter: [] };

/** What others have changed, as it was when it was looked at. */
export interface Damage {
  readonly installed: Installed;
  /** Chains that were not as we had written them. */
  readonly chains: readonly ChainName[];
  /** Chains that were written since, and `jumps`; it grows. */
  readonly touched: ReadonlySet<string>;
  readonly jumps: Placements;
}

/** The rules of one address family in the kernel: writes what has changed, and puts back what others have changed. */
export class KernelRules {
  readonly family: Family;
  readonly #options: KernelRulesOptions;
  readonly #book: RuleBook;
  /** What we know to be in the kernel; undefined when nobody knows. */
  #written: Written | undefined;
  /** What was in the kernel before what is being written now. */
  #replaced: Written | undefined;
  #underWay: readonly string[] = [];
  /** Chains that were written since the rules were last looked at. */
  #touched = new Set<string>();
  /** Chains that may be other ones than those written. */
  #dirty = new Map<string, ChainName>();
  /** How chains look in the kernel that iptables-save shows in other words than ours. */
  readonly #forms = new Map<string, { written: readonly string[]; saved: readonly string[] }>();

  readonly #refused = new RefusedRules();

  constructor(options: KernelRulesOptions) {
    this.family = options.family;
    this.#options = options;
    this.#book = new RuleBook(options.family, options.rules);
  }

  /** Takes in what ports a service has now; `write` brings it to the kernel. */
  put(service: string, ports: readonly ServicePort[]): void {
    for (const name of this.#book.put(service, ports)) this.#dirty.set(name.join(' '), name);
  }

  /** Brings what has changed to the kernel. When what is there is unknown, everything is compared. */
  async write(): Promise<void> {
    if (!this.#written) return void (await this.repair());
    const among = this.#takeDirty();
    await this.#apply(change(this.#written, this.#refused.leftOut(this.#book.rules, among), among));
  }

  /**
   * Compares all rules with those in the kernel and writes what differs. Rules that are refused for what they say are told
   * of and left out, so that they keep no others from being written.
   * @returns how many chains and jumps differed
   */
  async repair(): Promise<number> {
    for (let left = MOST_REFUSED; ; left--) {
      try {
        return await this.#repair();
      } catch (error) {
        const { cause } = error as Error;
        if (left === 0 || !(cause instanceof RefusedLine) || !this.#refused.add(cause)) throw error;
        this.#options.log.error('left out a rule of a service', { error: cause.message });
      }
    }
  }

  async #repair(): Promise<number> {
    const wanted = this.#wantedNow();
    const first = await this.#compare(wanted);
    const count = first.change.write.length + first.change.remove.length + sizeOf(first.jumps);
    this.#written = undefined;
    const stray = removalText(strayJumps(first.installed, jumps(this.family)), []);
    if (stray) await this.#options.iptables.restore(stray);
    await this.#apply(first.change, first.jumps);
    this.#written = wanted;
    const known = first.installed.chains;
    await this.#learnForms(first.change.write, known);
    return count;
  }

  /**
   * Looks for what others have changed, while rules go on being written. `putBack` puts it back.
   * @returns undefined when what we have written is not known, so that `repair` is due
   */
  async inspect(): Promise<Damage | undefined> {
    const believed = this.#written ?? this.#replaced;
    if (!believed) return undefined;
    const touched = new Set(this.#underWay);
    this.#touched = touched;
    const installed = await readInstalled(this.#options.iptables);
    const chains = (await differences(installed.chains, believed)).filter(
      ([table, chain]) => !this.#isForm(table, chain, believed[table].get(chain) ?? [], installed),
    );
    return { installed, chains, touched, jumps: missingJumps(installed, jumps(this.family)) };
  }

  /**
   * Writes again what others have changed. What was written since it was looked at is left out: it is as it should be, or
   * seen the next time.
   * @returns how many chains and jumps differed
   */
  async putBack({ installed, chains, touched, jumps: missing }: Damage): Promise<number> {
    const written = this.#written;
    if (!written) return this.repair();
    const damaged = chains.filter(([table, chain]) => !touched.has(`${table} ${chain}`));
    for (const [table, chain] of damaged) {
      const there = installed.chains[table].get(chain);
      if (there) written[table].set(chain, there);
      else written[table].delete(chain);
      this.#dirty.set(`${table} ${chain}`, [table, chain]);
    }
    const among = this.#takeDirty();
    const what = change(written, this.#refused.leftOut(this.#book.rules, among), among);
    const lost = touched.has(JUMPS) ? none : missing;
    await this.#apply(what, lost);
    const again = new Set(damaged.map(([table, chain]) => `${table} ${chain}`));
    await this.#learnForms(
      what.write.filter(([table, chain]) => again.has(`${table} ${chain}`)),
      installed.chains,
    );
    return damaged.length + sizeOf(lost);
  }

  /** Whether somebody has flushed one of our tables, or removed rules that lead to ours. */
  async isFlushed(): Promise<boolean> {
    if (!this.#written) return false;
    const { iptables } = this.#options;
    const looks = tables.flatMap((table) => [
      iptables.hasRules(table, canaryChain),
      ...[...Map.groupBy(jumps(this.family)[table], ([chain]) => chain)].map(([chain, rules]) =>
        iptables.leads(
          table,
          chain,
          rules.map(([, rule]) => targetOf(rule)!),
        ),
      ),
    ]);
    return (await Promise.all(looks)).includes(false);
  }

  /** What is in the kernel is not known any more. */
  forget(): void {
    this.#written = undefined;
  }

  #takeDirty(): ChainName[] {
    const among = [...this.#dirty.values()];
    this.#dirty.clear();
    return among;
  }

  #wantedNow(): Written {
    const { nat, filter } = this.#refused.leftOut(this.#book.rules);
    this.#dirty.clear();
    return { nat: new Map(nat), filter: new Map(filter) };
  }

  async #compare(wanted: RuleSet): Promise<{ installed: Installed; change: Change; jumps: Placements }> {
    const installed = await readInstalled(this.#options.iptables);
    const { write, remove } = change(installed.chains, wanted);
    const wrong = write.filter(([table, chain, rules]) => !this.#isForm(table, chain, rules, installed));
    return { installed, change: { write: wrong, remove }, jumps: missingJumps(installed, jumps(this.family)) };
  }

  #isForm(table: OurTable, chain: string, rules: readonly string[], { chains }: Installed): boolean {
    const form = this.#forms.get(`${table} ${chain}`);
    const saved = chains[table].get(chain);
    return form !== undefined && form.written === rules && saved !== undefined && sameRules(form.saved, saved);
  }

  /** Another iptables may show rules differently: what looks the same after it was written again is how ours look. */
  async #learnForms(written: Change['write'], before: RuleSet): Promise<void> {
    const again = written.filter(([table, chain]) => before[table].has(chain));
    if (again.length === 0) return;
    const { chains } = await readInstalled(this.#options.iptables);
    for (const [table, chain, written] of again) {
      const saved = chains[table].get(chain) ?? [];
      if (!sameRules(before[table].get(chain), saved) || sameRules(saved, written)) continue;
      this.#options.log.debug('iptables shows a chain in other words', { chain, written, saved });
      this.#forms.set(`${table} ${chain}`, { written, saved });
    }
  }

  /** Who reads while this is written may see the old rules or the new ones. */
  #begin(written: Written | undefined, { write, remove }: Change, placements?: Placements): void {
    this.#replaced = written;
    const chains = [...write, ...remove].map(([table, chain]) => `${table} ${chain}`);
    this.#underWay = placements ? [...chains, JUMPS] : chains;
    for (const key of this.#underWay) this.#touched.add(key);
  }

  #end(): void {
    this.#replaced = undefined;
    this.#underWay = [];
  }

  async #apply(what: Change, placements?: Placements): Promise<void> {
    const written = this.#written;
    // Until it has succeeded nobody knows what is in the kernel.
    this.#written = undefined;
    this.#begin(written, what, placements);
    const { clock, iptables, log, metrics } = this.#options;
    const started = clock.monotonic();
    for (const text of restoreTexts(what, placements)) {
      try {
        await iptables.restore(text);
      } catch (error) {
        this.#end();
        metrics.failed(written !== undefined);
        throw new Error(`${this.family}: ${errorMessage(error)}`, { cause: error });
      }
    }
    this.#written = written;
    if (written) note(written, what);
    this.#end();
    const milliseconds = Math.round(clock.monotonic() - started);
    const rules = what.write.reduce((sum, [, , { length }]) => sum + length, 0);
    if (rules + what.remove.length > 0) log.debug('wrote rules', { family: this.family, rules, milliseconds });
    metrics.wrote(this.family, what, this.#book.rules);
  }
}

function note(written: Written, { write, remove }: Change): void {
  for (const [table, chain, rules] of write) written[table].set(chain, rules);
  for (const [table, chain] of remove) written[table].delete(chain);
}

function sizeOf(placements: Placements): number {
  return placements.nat.length + placements.filter.length;
}
