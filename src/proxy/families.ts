import { availableParallelism } from 'node:os';
import type { Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { Iptables } from '../linux/iptables.ts';
import type { Run } from '../linux/exec.ts';
import { cidrOf, networkOf } from './cidr.ts';
import { openedLoopbackChain } from './fixed-rules.ts';
import { readInstalled, type Installed } from './installed.ts';
import { KernelRules, type Damage } from './kernel-rules.ts';
import { forwardIPv6, prepareKernel, rememberConnections } from './kernel-settings.ts';
import type { ProxyMetrics } from './metrics.ts';
import type { Family, ServicePort } from './model.ts';
import { tables } from './rule-set.ts';

export interface FamiliesOptions {
  readonly run: Run;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: ProxyMetrics;
  /** The addresses of all pods; one range for each family, with a comma between. */
  readonly clusterCidr?: string | undefined;
  /** Networks in which this machine's addresses serve node ports. */
  readonly nodePortAddresses?: readonly string[] | undefined;
  /** Hide the source of all connections to cluster IPs, even where that is not needed. */
  readonly masqueradeAll?: boolean | undefined;
}

/** What others have changed, by whose rules they are. */
type Inspection = readonly (readonly [KernelRules, Damage | undefined])[];

/**
 * The rules of both address families. Those of IPv6 are written only when a service has an IPv6 address, so that on
 * most machines there are none; where there is no ip6tables such services are told of and left out.
 */
export class Families {
  readonly #options: FamiliesOptions;
  readonly #rules: readonly KernelRules[];
  readonly #active: Set<Family>;
  #ipv6Fails = false;

  private constructor(options: FamiliesOptions, rules: readonly KernelRules[], active: readonly Family[]) {
    this.#options = options;
    this.#rules = rules;
    this.#active = new Set(active);
  }

  /** Prepares the kernel. @throws Error with one sentence when there is no iptables */
  static async open(options: FamiliesOptions): Promise<Families> {
    const { run, log, clusterCidr } = options;
    const { filtersBridged, openedLoopback } = await prepareKernel(run, log);
    await rememberConnections(run, log, availableParallelism());
    const rules = await Promise.all(
      (['IPv4', 'IPv6'] as const).map(async (family) => {
        const iptables = new Iptables(run, family === 'IPv4' ? 4 : 6);
        const installed = family === 'IPv4' ? await readInstalled(iptables) : await readIfAny(iptables);
        const cidr = cidrOf(family, clusterCidr);
        const networks = options.nodePortAddresses?.map((network) => networkOf(family, network)).filter((n) => !!n);
        const ruleOptions = {
          masqueradeAll: options.masqueradeAll === true || !filtersBridged,
          openedLoopback:
            family === 'IPv4' && (openedLoopback || (installed?.chains.filter.has(openedLoopbackChain) ?? false)),
          ...(cidr && { clusterCidr: cidr }),
          ...(networks && { nodePortNetworks: networks as string[] }),
        };
        const kernel = new KernelRules({ ...options, family, iptables, rules: ruleOptions });
        return { kernel, active: family === 'IPv4' || hasOurs(installed) };
      }),
    );
    const active = rules.filter((rule) => rule.active).map(({ kernel }) => kernel.family);
    return new Families(
      options,
      rules.map(({ kernel }) => kernel),
      active,
    );
  }

  /** Families whose rules are in the kernel. */
  get active(): readonly Family[] {
    return [...this.#active];
  }

  /** Takes in what ports a service has now; `write` brings them to the kernel. */
  async put(service: string, ports: readonly ServicePort[]): Promise<void> {
    for (const rules of this.#rules) rules.put(service, ports);
    if (ports.some(({ family }) => family === 'IPv6')) await this.#useIPv6();
  }

  async write(): Promise<void> {
    await Promise.all(this.#current().map((rules) => rules.write()));
  }

  /** @returns how many chains and jumps differed from what they should be */
  async repair(): Promise<number> {
    const counts = await Promise.all(this.#current().map((rules) => rules.repair()));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Looks for what others have changed. Changes may be taken in and written meanwhile. */
  async inspect(): Promise<Inspection> {
    const rules = this.#current();
    const damage = await Promise.all(rules.map((each) => each.inspect()));
    return rules.map((each, i) => [each, damage[i]]);
  }

  /** @returns how many chains and jumps differed from what they should be */
  async putBack(inspection: Inspection): Promise<number> {
    const counts = await Promise.all(
      inspection.map(([rules, damage]) => (damage ? rules.putBack(damage) : rules.repair())),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async isFlushed(): Promise<boolean> {
    return (await Promise.all(this.#current().map((rules) => rules.isFlushed()))).includes(true);
  }

  #current(): KernelRules[] {
    return this.#rules.filter(({ family }) => this.#active.has(family));
  }

  async #useIPv6(): Promise<void> {
    if (this.#ipv6Fails || this.#active.has('IPv6')) return;
    const { run, log } = this.#options;
    try {
      await readInstalled(new Iptables(run, 6));
      await forwardIPv6(run, log);
      this.#active.add('IPv6');
    } catch (error) {
      this.#ipv6Fails = true;
      log.warn('services have IPv6 addresses, which do not work on this machine', { error: errorMessage(error) });
    }
  }
}

/** What is in the kernel; undefined when it cannot be read, as on a machine without IPv6. */
export async function readIfAny(iptables: Iptables): Promise<Installed | undefined> {
  return readInstalled(iptables).catch(() => undefined);
}

function hasOurs(installed: Installed | undefined): boolean {
  return installed !== undefined && tables.some((table) => installed.chains[table].size > 0);
}
