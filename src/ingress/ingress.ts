import { ingress as ingressKind, type Ingress } from '../api/networking-v1/ingress.ts';
import { ingressClass as classKind, type IngressClass } from '../api/networking-v1/ingress-class.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { OneByOne } from '../base/one-by-one.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { createEventRecorder } from '../client/events.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import type { Informer } from '../client/informer.ts';
import { isOurs, ownClass } from './class.ts';
import { model, type Model } from './model.ts';
import type { DataPlane, MakePlane, PortState, UpstreamChanges } from './plane.ts';
import { Reports } from './reports.ts';
import { shadowedPorts } from './shadowed.ts';
import { Sources } from './sources.ts';
import { nextStatus } from './status.ts';
import type { Upstream } from './table.ts';

export interface IngressControllerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Makes what serves requests; it runs only while there is an Ingress of ours. */
  readonly makePlane: MakePlane;
  /** The addresses under which clients reach it: those of this node. */
  readonly addresses: readonly string[];
  /** Whether the addresses are taken out of the Ingresses when it stops. Default false. */
  readonly withdraw?: boolean;
}

/** Milliseconds from the first change to a new table, so that changes that belong together are made together. */
const GATHER = 20;
/** Milliseconds before what failed is tried again. */
const AGAIN = 1_000;

/** Serves the Ingresses whose class is ours. Nothing listens, and hardly anything is watched, while there is none. */
export class IngressController implements Component {
  readonly name = 'ingress';
  readonly #options: IngressControllerOptions;
  readonly #log: Log;
  readonly #informers: InformerFactory;
  readonly #ingresses: Informer<Ingress>;
  readonly #classes: Informer<IngressClass>;
  readonly #reports: Reports;
  readonly #stop = new AbortController();
  readonly #ports = new Map<PortState['scheme'], PortState>();
  #sources: Sources | undefined;
  #plane: DataPlane | undefined;
  /** What the data plane knows. */
  #given: { routes: string; upstreams: ReadonlyMap<string, string> } = { routes: '', upstreams: new Map() };
  readonly #work: OneByOne;

  constructor(options: IngressControllerOptions) {
    const { client, clock, random } = options;
    this.#options = options;
    this.#work = new OneByOne(options.clock);
    this.#log = options.log.child({ component: this.name });
    this.#informers = new InformerFactory({ client, clock, random, log: this.#log });
    this.#ingresses = this.#informers.of(ingressKind);
    this.#classes = this.#informers.of(classKind);
    this.#reports = new Reports(
      createEventRecorder({ client, clock, component: 'ingress-controller', log: this.#log }),
    );
  }

  /** Resolves when all Ingresses that there are now are served. */
  async start(): Promise<void> {
    await this.#ensureClass();
    const changed = () => this.#schedule(GATHER);
    for (const informer of [this.#ingresses, this.#classes]) {
      (informer as Informer<any>).listen({ added: changed, updated: changed, deleted: changed });
    }
    this.#informers.start();
    await this.#informers.synced(this.#stop.signal);
    await this.#exclusively(() => this.#sync());
  }

  async stop(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(new Error('the ingress was stopped'));
    this.#work.stop();
    await this.#work.idle;
    if (this.#options.withdraw) await this.#withdraw();
    await this.#plane?.stop();
    await this.#informers.stop();
  }

  /** Whoever cannot say goodbye goes all the same. */
  async #withdraw(): Promise<void> {
    try {
      await this.#writeStatuses(new Set(), []);
    } catch (error) {
      this.#log.warn('addresses were left in the status of Ingresses', { error: errorMessage(error) });
    }
  }

  /** What the data plane counts, as Prometheus reads it; empty while there is none. */
  metrics(): Promise<string> {
    return this.#plane?.metrics() ?? Promise.resolve('');
  }

  /** A class that somebody has changed stays as it is. */
  async #ensureClass(): Promise<void> {
    try {
      await this.#options.client.create(classKind, ownClass);
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
  }

  #schedule(delay: number): void {
    this.#work.gather(delay, () => void this.#exclusively(() => this.#sync()));
  }

  /** One at a time; what fails is tried again. */
  #exclusively(work: () => Promise<void>): Promise<void> {
    const run = async () => {
      if (this.#stop.signal.aborted) return;
      try {
        await work();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        const fields = { error: errorMessage(error) };
        if (isApiError(error, 'Conflict', 'NotFound')) this.#log.debug('an Ingress changed meanwhile', fields);
        else this.#log.warn('the Ingresses could not be served as they are', fields);
        this.#schedule(AGAIN);
      }
    };
    return this.#work.run(run);
  }

  async #sync(): Promise<void> {
    const classes = this.#classes.list();
    const ours = this.#ingresses.list().filter((one) => isOurs(one, classes));
    if (ours.length > 0) {
      await this.#activate();
      this.#serve(ours);
    } else {
      await this.#deactivate();
    }
    if (this.#sources) await this.#writeStatuses(new Set(ours.map(({ metadata }) => metadata.uid)), this.#openPorts());
  }

  async #activate(): Promise<void> {
    this.#sources ??= new Sources(this.#informers, () => this.#schedule(GATHER));
    await this.#informers.synced(this.#stop.signal, this.#sources.all());
    if (this.#plane) return;
    this.#plane = this.#options.makePlane((state) => this.#portChanged(state));
    this.#given = { routes: '', upstreams: new Map() };
    // First what to serve, then the doors: no client is to meet an empty table.
    this.#give(this.#model());
    await this.#plane.start();
    this.#give(this.#model());
  }

  async #deactivate(): Promise<void> {
    const plane = this.#plane;
    this.#plane = undefined;
    this.#ports.clear();
    await plane?.stop();
  }

  #model(): Model {
    const classes = this.#classes.list();
    const ours = this.#ingresses.list().filter((one) => isOurs(one, classes));
    return model(ours, this.#sources!);
  }

  #serve(ours: readonly Ingress[]): void {
    const made = model(ours, this.#sources!);
    this.#give(made);
    this.#reports.tell(ours, made.problems, this.#portProblems());
  }

  /** Tells the data plane what is new. Endpoints change often, routes seldom. */
  #give({ table, upstreams }: Model): void {
    const routes = JSON.stringify(table);
    const next = new Map([...upstreams].map(([key, upstream]) => [key, JSON.stringify(upstream)]));
    const changes = changesOf(this.#given.upstreams, next, upstreams);
    if (changes.length > 0) this.#plane!.upstreams(changes);
    if (routes !== this.#given.routes) this.#plane!.routes(table);
    this.#given = { routes, upstreams: next };
  }

  #portChanged(state: PortState): void {
    const { scheme, port, problem } = state;
    this.#ports.set(scheme, state);
    if (problem) this.#log.warn('the ingress does not listen', { scheme, port, problem });
    else this.#log.info('the ingress listens', { scheme, port });
    this.#schedule(GATHER);
  }

  #listening(): number[] {
    return [...this.#ports.values()].filter(({ problem }) => !problem).map(({ port }) => port);
  }

  #shadowed(): Map<number, string> {
    return shadowedPorts(this.#sources!.services(), this.#options.addresses, this.#listening());
  }

  #openPorts(): number[] {
    const shadowed = this.#shadowed();
    return this.#listening()
      .filter((port) => !shadowed.has(port))
      .sort((a, b) => a - b);
  }

  #portProblems(): string[] {
    const problems = [...this.#ports.values()].flatMap(({ problem, scheme }) =>
      problem ? [`${problem}: ${scheme} is not served (--ingress-${scheme}-port chooses another)`] : [],
    );
    for (const [port, service] of this.#shadowed()) {
      problems.push(`connections to port ${port} of this node go to the Service ${service} of type LoadBalancer`);
    }
    return problems;
  }

  /** @param served the uids of the Ingresses that we serve */
  async #writeStatuses(served: ReadonlySet<string>, ports: readonly number[]): Promise<void> {
    const { client, addresses } = this.#options;
    const nodes = this.#sources?.nodes() ?? [];
    for (const ingress of this.#ingresses.list()) {
      const status = nextStatus(ingress, served.has(ingress.metadata.uid), { addresses, ports }, nodes);
      if (status) await client.updateStatus(ingressKind, { ...ingress, status });
    }
  }
}

/** What differs between two sets of upstreams, given as text. */
function changesOf(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
  upstreams: ReadonlyMap<string, Upstream>,
): UpstreamChanges {
  const changed = [...now].filter(([key, text]) => before.get(key) !== text).map(([key]) => key);
  const gone = [...before.keys()].filter((key) => !now.has(key));
  return [...changed, ...gone].map((key) => [key, upstreams.get(key)] as const);
}
