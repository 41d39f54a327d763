import { errorMessage, type Log } from '../base/log.ts';
import { run as runCommand, type Run } from '../linux/exec.ts';
import { Ipset } from '../linux/ipset.ts';
import { Iptables, parseSave } from '../linux/iptables.ts';
import { sysctl } from '../linux/sysctl.ts';
import type { Change, Installed } from './change.ts';
import { families, type Family } from './pods.ts';
import { CHAIN_PREFIX, ENTRY, hooks, SET_PREFIX, type AddressSet, type Hook } from './rules.ts';

/** Our rules in the kernel of a machine, or of the network namespace that `run` works in. */
export class PolicyKernel {
  readonly #run: Run;
  readonly #ipset: Ipset;
  readonly #iptables: Readonly<Record<Family, Iptables>>;
  readonly #log: Log;

  constructor(log: Log, run: Run = runCommand) {
    this.#run = run;
    this.#log = log;
    this.#ipset = new Ipset(run);
    this.#iptables = { 4: new Iptables(run, 4), 6: new Iptables(run, 6) };
  }

  /** What of ours is there, as the kernel writes it (which for rules is not how they were given). */
  async read(): Promise<Installed> {
    const [sets, narrow, wide] = await Promise.all([this.#sets(), this.#chains(4), this.#chains(6)]);
    return { sets, chains: { 4: narrow.chains, 6: wide.chains }, led: { 4: narrow.led, 6: wide.led } };
  }

  /**
   * Whether packets are led to our chains, and these have rules; cheap, and so asked often.
   * @param hooked by which of the kernel's chains they are to be led there
   */
  async isLed(family: Family, hooked: ReadonlySet<Hook>): Promise<boolean> {
    const iptables = this.#iptables[family];
    const looks = [...hooked].flatMap((hook) => [
      iptables.leads('mangle', hook, [hooks[hook]]),
      iptables.hasRules('mangle', hooks[hook]),
    ]);
    return !(await Promise.all(looks)).includes(false);
  }

  /** @throws Error with a sentence when something of it failed; nobody then knows how much was done */
  async apply(change: Change): Promise<void> {
    if (change.sets) await this.#ipset.restore(change.sets);
    for (const family of families) if (change.rules[family]) await this.#iptables[family].restore(change.rules[family]);
    if (change.unused) await this.#ipset.restore(change.unused);
  }

  /** Lets packets between pods on one bridge pass through the rules; what cannot be done is told in the log. */
  async filterBridged(): Promise<void> {
    const settings = sysctl(this.#run);
    for (const program of ['iptables', 'ip6tables']) {
      const name = `net.bridge.bridge-nf-call-${program}`;
      try {
        if ((await settings.get(name)) === undefined)
          await runCommand('modprobe', ['br_netfilter'], { accept: true }).catch(() => {});
        await settings.ensure(name, 1);
      } catch (error) {
        this.#log.warn('network policies may not hold between pods of this node', { name, error: errorMessage(error) });
      }
    }
  }

  /** A machine without the command has none of our sets. */
  async #sets(): Promise<Map<string, AddressSet>> {
    const saved = await this.#ipset.save().catch((error) => {
      this.#log.debug('cannot read sets', { error: errorMessage(error) });
      return new Map();
    });
    const ours = [...saved].filter(([name]) => name.startsWith(SET_PREFIX));
    return new Map(ours.map(([name, set]) => [name, { ...set, family: set.family === 'inet6' ? 6 : 4 }]));
  }

  /** A machine without IPv6 has no table for it. */
  async #chains(family: Family): Promise<{ chains: Map<string, readonly string[]>; led: Set<Hook> }> {
    const reading = this.#iptables[family].save('mangle');
    const saved = parseSave(await (family === 6 ? reading.catch(() => '') : reading));
    const chains = new Map([...saved].filter(([name]) => name === ENTRY || name.startsWith(`${CHAIN_PREFIX}-`)));
    const leads = (hook: Hook) => saved.get(hook)?.includes(`-j ${hooks[hook]}`);
    return { chains, led: new Set((Object.keys(hooks) as Hook[]).filter(leads)) };
  }
}
