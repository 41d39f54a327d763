import { node, type Node } from '../api/core-v1/node.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { OneByOne } from '../base/one-by-one.ts';
import { realRandom, type Random } from '../base/random.ts';
import { Backoff } from '../base/backoff.ts';
import { nextTurn } from '../base/turn.ts';
import type { Client } from '../client/client.ts';
import { createEventRecorder, type FlushableRecorder } from '../client/events.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import { run as runCommand, type Run } from '../linux/exec.ts';
import { Iptables } from '../linux/iptables.ts';
import { Connections } from './connections.ts';
import type { NodeFacts } from './endpoints.ts';
import { Families, type FamiliesOptions } from './families.ts';
import { HealthPortServers } from './health-port-servers.ts';
import type { HealthPort } from './health-ports.ts';
import { ProxyMetrics } from './metrics.ts';
import type { ServicePort } from './model.ts';
import { ProxyHealth } from './proxy-health.ts';
import { ServiceTable, type ChangedService } from './service-table.ts';
import { StatusServer, type StatusAddresses } from './status-server.ts';

export { removeProxyRules } from './remove.ts';

export interface ProxyOptions extends Pick<FamiliesOptions, 'clusterCidr' | 'nodePortAddresses' | 'masqueradeAll'> {
  readonly client: Client;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly random?: Random;
  readonly log: Log;
  /** Starts commands; `runIn(namespace)` makes the proxy serve another network namespace. Default: `run`. */
  readonly run?: Run;
  /** Where to answer questions about health and metrics. Default: nowhere. */
  readonly status?: StatusAddresses | undefined;
  /** Where health check node ports are opened. Default: all addresses. */
  readonly healthPortAddress?: string;
}

/** Milliseconds from the first change to the rules, so that changes that belong together are made together. */
const gather = 10;

/** Services that are taken in before everybody else has their turn. */
const atOnce = 25;

/** Milliseconds between two looks at whether our tables were flushed. */
const lookEvery = 10_000;

/** Milliseconds between two comparisons of all rules, at least, and how many times as long as the last one took. */
const compareEvery = 30_000;
const rest = 50;

/** Makes service addresses work on this machine: keeps iptables as the services and their endpoints say. */
export class Proxy implements Component {
  readonly name = 'proxy';
  readonly #options: ProxyOptions;
  readonly #log: Log;
  readonly #run: Run;
  readonly #informers: InformerFactory;
  readonly #node: Informer<Node>;
  readonly #table: ServiceTable;
  readonly #metrics: ProxyMetrics;
  readonly #health: ProxyHealth;
  readonly #status: StatusServer;
  readonly #healthPorts: HealthPortServers;
  readonly #connections: Connections;
  readonly #events: FlushableRecorder;
  readonly #backoff = new Backoff<'sync'>(200, 10_000);
  #families: Families | undefined;
  #zone: string | undefined;
  #timers: Timer[] = [];
  /** There is one writer of our rules. */
  readonly #work: OneByOne;
  #looking: Promise<void> = Promise.resolve();
  /** Whether changes lead to a sync by themselves. */
  #following = false;
  /** Whether the next sync is to compare everything. */
  #suspicious = false;
  readonly #stop = new AbortController();

  constructor(options: ProxyOptions) {
    const { client, clock, random = realRandom, nodeName } = options;
    this.#options = options;
    this.#work = new OneByOne(options.clock);
    this.#log = options.log.child({ component: this.name });
    this.#run = options.run ?? runCommand;
    this.#informers = new InformerFactory({ client, clock, random, log: this.#log });
    this.#metrics = new ProxyMetrics(clock);
    this.#health = new ProxyHealth(clock);
    this.#status = new StatusServer(clock, this.#log);
    this.#connections = new Connections(this.#run, this.#log, this.#metrics);
    this.#events = createEventRecorder({ client, clock, component: 'kube-proxy', host: nodeName, log: this.#log });
    this.#node = this.#informers.of<Node>(node, { fieldSelector: `metadata.name=${nodeName}` });
    this.#healthPorts = new HealthPortServers({
      address: options.healthPortAddress,
      isHealthy: () => this.#health.keepsUp,
      log: this.#log,
      failed: (port, reason) => this.#tellClosedPort(port, reason),
    });
    this.#table = new ServiceTable(this.#informers, (what) => {
      this.#metrics.changed(what);
      this.#health.changed();
      this.#schedule(gather);
    });
  }

  /** Resolves when all services that there are now work. */
  async start(): Promise<void> {
    const { clock, status } = this.#options;
    const backend = await new Iptables(this.#run).backend();
    this.#families = await Families.open({ ...this.#options, run: this.#run, log: this.#log, metrics: this.#metrics });
    const nodeChanged = () => this.#lookAtNode();
    this.#node.listen({ added: nodeChanged, updated: nodeChanged, deleted: nodeChanged });
    this.#informers.start();
    await this.#informers.synced(this.#stop.signal);
    if (status) this.#status.start(status, this.#health, this.#metrics);
    this.#following = true;
    await this.#work.run(() => this.#sync());
    this.#timers = [clock.every(lookEvery, () => this.#meanwhile(() => this.#look()))];
    this.#compareIn(compareEvery);
    const known = this.#node.get(this.#options.nodeName);
    if (known) this.#events.event(known, 'Normal', 'Starting', '');
    this.#log.info('services work', { backend });
  }

  /** Stops following the API. The rules stay, so that services go on working for the pods that go on running. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the proxy was stopped'));
    this.#work.stop();
    for (const timer of this.#timers) timer.cancel();
    this.#status.stop();
    this.#healthPorts.stop();
    await this.#informers.stop();
    await this.#looking;
    await this.#work.idle;
  }

  /** The ports on which health and metrics are told, when they are. */
  get statusPorts(): readonly number[] {
    return this.#status.ports;
  }

  #lookAtNode(): void {
    const known = this.#node.get(this.#options.nodeName);
    this.#health.node(known);
    const zone = known?.metadata.labels?.['topology.kubernetes.io/zone'];
    if (zone === this.#zone) return;
    this.#zone = zone;
    this.#table.touchAll();
    this.#schedule(gather);
  }

  #schedule(delay: number): void {
    if (!this.#following) return;
    this.#work.gather(delay, () => this.#settle(this.#work.run(() => this.#sync())));
  }

  /** Looks at the rules while they go on being written; there is one who looks. */
  #meanwhile(task: () => Promise<void>, after = () => {}): void {
    const looking = this.#looking.then(task);
    this.#looking = looking.catch(() => {}).then(after);
    this.#settle(looking);
  }

  /** A failure leads to a sync that compares everything. */
  #settle(task: Promise<void>): void {
    task.then(
      () => this.#backoff.forget('sync'),
      (error) => {
        this.#log.error('the rules of services could not be written', { error: errorMessage(error) });
        this.#suspicious = true;
        this.#schedule(this.#backoff.next('sync'));
      },
    );
  }

  async #sync(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { clock, nodeName } = this.#options;
    const [started, at] = [clock.monotonic(), clock.now()];
    const triggers = this.#table.takeTriggers();
    const changed = await this.#takeChanges({ name: nodeName, zone: this.#zone });
    const whole = this.#suspicious;
    if (whole) await this.#families!.repair();
    else await this.#families!.write();
    this.#suspicious = false;
    for (const { key, healthPort } of changed) this.#healthPorts.put(key, healthPort);
    this.#metrics.synced(started, whole, triggers);
    this.#health.synced(at);
    if (this.#table.isDirty) this.#health.changed();
    await this.#cleanAfter(changed);
  }

  /** Takes in what has changed. Many changes are taken in by and by, and everybody else has their turn. */
  async #takeChanges(node: NodeFacts): Promise<ChangedService[]> {
    const changed: ChangedService[] = [];
    for (const key of this.#table.take()) {
      const service = this.#table.look(key, node);
      changed.push(service);
      await this.#families!.put(key, service.after);
      if (changed.length % atOnce === 0) await nextTurn();
    }
    return changed;
  }

  async #cleanAfter(changed: readonly ChangedService[]): Promise<void> {
    const ports = changed.flatMap(({ after }) => after);
    const gone = changed.flatMap(({ before }) => before);
    for (const family of this.#families!.active) await this.#connections.clean(family, { ports, gone });
  }

  /** Puts our rules back when somebody flushed them. */
  async #look(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#healthPorts.retry();
    if (await this.#families!.isFlushed()) await this.#compare();
  }

  /** Puts our rules back when somebody changed them, and makes the kernel forget connections that lead nowhere. */
  async #compare(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const started = this.#options.clock.monotonic();
    // Reading many rules takes long, and changes do not wait for it.
    const inspection = await this.#families!.inspect();
    await this.#work.run(() => this.#putBack(inspection, started));
  }

  async #putBack(inspection: Awaited<ReturnType<Families['inspect']>>, started: number): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const repaired = await this.#families!.putBack(inspection);
    if (repaired > 0) this.#log.warn('rules of services were changed by somebody else; wrote them again', { repaired });
    const ports: ServicePort[] = [...this.#table.ports()];
    for (const family of this.#families!.active) await this.#connections.clean(family, { ports });
    this.#metrics.looked(ports);
    this.#metrics.synced(started, true, []);
  }

  /** Comparing many rules costs: the more, the rarer. */
  #compareIn(ms: number): void {
    const { clock } = this.#options;
    if (this.#stop.signal.aborted) return;
    this.#timers[1] = clock.after(ms, () => {
      const started = clock.monotonic();
      const next = () => this.#compareIn(Math.max(compareEvery, (clock.monotonic() - started) * rest));
      this.#meanwhile(() => this.#compare(), next);
    });
  }

  #tellClosedPort({ namespace, name, port }: HealthPort, reason: string): void {
    const { nodeName } = this.#options;
    const about = { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name } } as Parameters<
      FlushableRecorder['event']
    >[0];
    const message = `node ${nodeName} failed to start healthcheck "${namespace}/${name}" on port ${port}: ${reason}`;
    this.#events.event(about, 'Warning', 'FailedToStartServiceHealthcheck', message);
  }
}
