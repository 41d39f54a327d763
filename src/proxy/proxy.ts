import type { Clock, Timer } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { realRandom, type Random } from '../base/random.ts';
import { Backoff } from '../base/backoff.ts';
import { endpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import { service } from '../api/core-v1/service.ts';
import type { Client } from '../client/client.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { conntrack } from '../linux/conntrack.ts';
import { run as runCommand, type Run } from '../linux/exec.ts';
import { Iptables } from '../linux/iptables.ts';
import { missingJumps, readInstalled, removal, sameInstalled, type Installed } from './installed.ts';
import { closeLoopback, prepareKernel } from './kernel-settings.ts';
import { servicePorts, type ServicePort } from './model.ts';
import { change, type RuleSet } from './rule-set.ts';
import { jumps, openedLoopbackChain, rules, type RuleOptions } from './rules.ts';
import { forget, staleConnections } from './stale-connections.ts';

export interface ProxyOptions {
  readonly client: Client;
  readonly nodeName: string;
  /** The addresses of all pods, e.g. 10.244.0.0/16. */
  readonly clusterCidr?: string;
  readonly clock: Clock;
  readonly random?: Random;
  readonly log: Log;
  /** Default: that of this machine. */
  readonly iptables?: Iptables;
  /** Starts commands; `runIn(namespace)` makes the proxy serve another network namespace. Default: `run`. */
  readonly run?: Run;
}

/** Milliseconds from the first change to the rules, so that changes that belong together are made together. */
const gather = 25;

/** Milliseconds between two looks at whether our rules are still there. */
const checkEvery = 30_000;

/** Makes service addresses work on this machine: keeps iptables as the services and their endpoints say. */
export class Proxy implements Component {
  readonly name = 'proxy';
  readonly #options: ProxyOptions;
  readonly #log: Log;
  readonly #run: Run;
  readonly #iptables: Iptables;
  readonly #informers: InformerFactory;
  readonly #backoff = new Backoff<'sync'>(200, 10_000);
  #ruleOptions: RuleOptions = {};
  /** What was written last; undefined when what is in the kernel is unknown. */
  #written: { rules: RuleSet; ports: readonly ServicePort[] } | undefined;
  /** How our rules looked in the kernel when they were right; undefined when they have been changed since. */
  #seen: Installed | undefined;
  #pending: Timer | undefined;
  #check: Timer | undefined;
  #busy: Promise<void> = Promise.resolve();
  /** Whether changes lead to a sync by themselves. */
  #following = false;
  readonly #stop = new AbortController();

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#log = options.log.child({ component: this.name });
    this.#run = options.run ?? runCommand;
    this.#iptables = options.iptables ?? new Iptables(this.#run);
    const { client, clock, random = realRandom } = options;
    this.#informers = new InformerFactory({ client, clock, random, log: this.#log });
  }

  /** Resolves when all services that there are now work. */
  async start(): Promise<void> {
    const backend = await this.#iptables.backend();
    await this.#prepare();
    const changed = () => this.#schedule(gather);
    const listener = { added: changed, updated: changed, deleted: changed };
    for (const kind of [service, endpointSlice]) this.#informers.of<any>(kind).listen(listener);
    this.#informers.start();
    await this.#informers.synced(this.#stop.signal);
    this.#following = true;
    await this.#exclusively(() => this.#sync());
    this.#check = this.#options.clock.every(checkEvery, () => this.#verifySoon());
    this.#log.info('services work', { backend });
  }

  async #prepare(): Promise<void> {
    const { filtersBridged, openedLoopback } = await prepareKernel(this.#run, this.#log);
    const { clusterCidr } = this.#options;
    const { chains } = await readInstalled(this.#iptables);
    this.#ruleOptions = {
      masqueradeAll: !filtersBridged,
      openedLoopback: openedLoopback || chains.filter.has(openedLoopbackChain),
      ...(clusterCidr && { clusterCidr }),
    };
  }

  /** Stops following the API. The rules stay, so that services go on working for the pods that go on running. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the proxy was stopped'));
    this.#pending?.cancel();
    this.#check?.cancel();
    await this.#informers.stop();
    await this.#busy;
  }

  #schedule(delay: number): void {
    if (this.#pending || !this.#following || this.#stop.signal.aborted) return;
    this.#pending = this.#options.clock.after(delay, () => {
      this.#pending = undefined;
      this.#exclusively(() => this.#sync()).then(
        () => this.#backoff.forget('sync'),
        (error) => {
          this.#log.error('the rules of services could not be written', { error: errorMessage(error) });
          this.#schedule(this.#backoff.next('sync'));
        },
      );
    });
  }

  #verifySoon(): void {
    this.#exclusively(() => this.#verify()).catch((error) => {
      this.#log.error('the rules of services could not be checked', { error: errorMessage(error) });
      this.#schedule(this.#backoff.next('sync'));
    });
  }

  /** Runs one task after the other: there is one writer of our rules. */
  #exclusively(task: () => Promise<void>): Promise<void> {
    const result = this.#busy.then(task);
    this.#busy = result.catch(() => {});
    return result;
  }

  async #sync(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const services = this.#informers.of(service).list();
    const slices = this.#informers.of(endpointSlice).list();
    const ports = servicePorts(services, slices, this.#options.nodeName);
    const wanted = rules(ports, this.#ruleOptions);
    const before = this.#written;
    // Until it has succeeded nobody knows what is in the kernel.
    this.#written = undefined;
    if (before) await this.#write(change(before.rules, wanted));
    else await this.#writeAll(wanted);
    this.#written = { rules: wanted, ports };
    await forget(staleConnections(before?.ports ?? [], ports), conntrack(this.#run), this.#log);
  }

  async #write(text: string): Promise<void> {
    if (!text) return;
    this.#seen = undefined;
    const started = this.#options.clock.monotonic();
    await this.#iptables.restore(text);
    const milliseconds = Math.round(this.#options.clock.monotonic() - started);
    this.#log.debug('wrote rules', { bytes: text.length, milliseconds });
  }

  /** Writes every chain, whatever is there, and removes chains of ours that are left from before. */
  async #writeAll(wanted: RuleSet): Promise<void> {
    const installed = await readInstalled(this.#iptables);
    await this.#write(change(unknownContent(installed.chains), wanted, missingJumps(installed, jumps)));
  }

  /** Puts our rules back when somebody changed them. */
  async #verify(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const installed = await readInstalled(this.#iptables);
    if (this.#seen && sameInstalled(this.#seen, installed)) return;
    if (this.#seen) this.#log.warn('rules of services were changed by somebody else; writing them again');
    this.#written = undefined;
    await this.#sync();
    this.#seen = await readInstalled(this.#iptables);
  }
}

/** The same chains, none of which is as any chain should be. */
function unknownContent(installed: RuleSet): RuleSet {
  const unknown = (chains: ReadonlyMap<string, readonly string[]>) =>
    new Map([...chains.keys()].map((c) => [c, ['?']]));
  return { nat: unknown(installed.nat), filter: unknown(installed.filter) };
}

/** Removes exactly our chains and the rules that lead to them. For `cox down`: no proxy may run. */
export async function removeProxyRules(options: { iptables?: Iptables; run?: Run } = {}): Promise<void> {
  const run = options.run ?? runCommand;
  const iptables = options.iptables ?? new Iptables(run);
  const installed = await readInstalled(iptables);
  const text = removal(installed);
  if (!text) return;
  if (installed.chains.filter.has(openedLoopbackChain)) await closeLoopback(run);
  await iptables.restore(text);
}
