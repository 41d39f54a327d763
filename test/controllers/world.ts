import { definitions } from '../../src/api/definitions.ts';
import { namespace } from '../../src/api/core-v1/namespace.ts';
import { pod, type Pod } from '../../src/api/core-v1/pod.ts';
import { event } from '../../src/api/core-v1/event.ts';
import { kinds } from '../../src/api/index.ts';
import { ApiError, isApiError } from '../../src/apimachinery/api-error.ts';
import { KindRegistry } from '../../src/apimachinery/registry.ts';
import { formatTime } from '../../src/apimachinery/time.ts';
import { ApiServer } from '../../src/apiserver/server.ts';
import { defaultAuthenticator } from '../../src/auth/authn/index.ts';
import { defaultAuthorizer } from '../../src/auth/authz/index.ts';
import { authenticated } from '../../src/auth/user.ts';
import type { HttpExchange, HttpRequest, HttpResponse } from '../../src/base/http-exchange.ts';
import { noLog } from '../../src/base/log.ts';
import type { MetricRegistry } from '../../src/base/metrics.ts';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Client } from '../../src/client/client.ts';
import { InformerFactory } from '../../src/client/informer-factory.ts';
import type { Controller } from '../../src/client/controller.ts';
import { ControllerManager } from '../../src/controllers/index.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { Mortal } from './mortal.ts';

export interface WorldOptions {
  /** The names of the controllers to run. Default: all. */
  readonly only?: readonly string[];
  /** What these names stand for. Default: all that there are. */
  readonly controllers?: readonly Controller[];
  readonly rootCa?: string;
  /** What stands between the controllers and the server. */
  readonly between?: (send: HttpExchange) => HttpExchange;
  /** Where controllers count. */
  readonly metrics?: MetricRegistry;
  /** Whether pods are run. Default true. */
  readonly kubelet?: boolean;
  /** Whether controllers run from the start. Default true; else `startControllers` does it. */
  readonly controlled?: boolean;
}

/** A real API server over the memory store with chosen controllers, in virtual time, and a node that can be told how its pods do. */
export class World {
  readonly clock = new VirtualClock();
  readonly client: Client;
  /** Whether pods become ready as soon as they are bound. */
  podsBecomeReady = true;
  /** Whether deleted pods go at once. */
  podsGo = true;
  /** How a running pod ends, if it does. */
  podsEnd: (one: Pod) => 'Succeeded' | 'Failed' | undefined = () => undefined;
  /** Why controllers may not create pods at the moment. */
  noPodsBecause: string | undefined;
  /** Answers controllers in the server's place: for APIs that are not there, and for failures (an `ApiError`). */
  answer: ((method: string, url: string) => object | undefined) | undefined;
  readonly #server: ApiServer;
  readonly #storage: MemoryStorage;
  readonly #options: WorldOptions;
  #manager: { mortal: Mortal; manager: ControllerManager } | undefined;
  readonly #informers: InformerFactory;
  #addresses = 0;
  #requests: string[] = [];
  #errors: unknown[] = [];

  private constructor(options: WorldOptions) {
    this.#options = options;
    const { clock } = this;
    const random = seededRandom(1);
    this.#storage = new MemoryStorage({ clock });
    this.#server = new ApiServer({
      storage: this.#storage,
      kinds: new KindRegistry(kinds),
      definitions: definitions(),
      clock,
      random,
      log: noLog,
      authenticator: defaultAuthenticator({ tokens: [] }),
      authorizer: defaultAuthorizer,
    });
    const as = (name: string) =>
      new Client(this.#server.exchange(authenticated(name, ['system:masters'])), { inProcess: true });
    this.client = as('test');
    this.#informers = new InformerFactory({ clock, random, log: noLog, client: as('kubelet') });
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    const world = new World(options);
    await world.#server.start();
    if (options.controlled !== false) await world.startControllers();
    if (options.kubelet !== false) world.#startKubelet();
    return world;
  }

  /**
   * Starts a controller manager that remembers nothing.
   * @param diesAt the number of the write (from 1) with which it dies as if by a power cut
   * @returns what tells of its writes, and lets it die
   */
  async startControllers(diesAt = Infinity): Promise<Mortal> {
    const { only, controllers, metrics, rootCa, between = (send) => send } = this.#options;
    const send = between(this.#server.exchange(authenticated('controllers', ['system:masters'])));
    const mortal = new Mortal((request) => {
      this.#requests.push(request.url);
      return this.#inPlace(request) ?? send(request);
    });
    mortal.diesAt = diesAt;
    const client = new Client(mortal.exchange);
    const parts = { client, clock: mortal.clock(this.clock), random: seededRandom(2), log: noLog };
    const manager = new ControllerManager({
      ...parts,
      selection: only,
      ...(metrics && { metrics }),
      ...(rootCa && { rootCa }),
      ...(controllers && { controllers }),
    });
    this.#manager = { mortal, manager };
    await manager.start();
    return mortal;
  }

  /** How many requests of the controllers went to URLs like this. */
  requests(like: RegExp): number {
    return this.#requests.filter((url) => like.test(url)).length;
  }

  /** Whether there are controllers that live. */
  get controlled(): boolean {
    return this.#manager !== undefined && !this.#manager.mortal.dead;
  }

  async stop(): Promise<void> {
    if (this.controlled) await this.#manager!.manager.stop();
    await this.#informers.stop();
    await this.#server.close();
    await this.#storage.close();
    if (this.#errors.length > 0) throw this.#errors[0];
  }

  /** Lets the world run, for at most 20 s of its own time, until `check` does not throw; its error if it always does. */
  async eventually<T>(check: () => Promise<T> | T): Promise<T> {
    let last: unknown;
    for (let round = 0; round < 400; round++) {
      try {
        return await check();
      } catch (error) {
        last = error;
      }
      await this.clock.advance(round < 200 ? 1 : 100, turn);
    }
    throw last;
  }

  /** Lets everything happen that is going to, within the next `ms` of the world's time. */
  async settle(ms = 100): Promise<void> {
    for (let i = 0; i < 50; i++) await turn();
    await this.clock.advance(ms, turn);
    for (let i = 0; i < 50; i++) await turn();
  }

  /** Messages of the events about an object, with their reasons, oldest first. */
  async events(name: string, inNamespace = 'default'): Promise<string[]> {
    const { items } = await this.client.list(event, { namespace: inNamespace });
    const about = items.filter((one) => one.involvedObject.name === name);
    about.sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
    return about.map((one) => `${one.reason}: ${one.message}`);
  }

  async newNamespace(name: string): Promise<void> {
    await this.client.create(namespace, { metadata: { name } });
  }

  /** Sets the pod's Ready condition. */
  async ready(one: Pod, ready = true, phase = 'Running'): Promise<void> {
    const lastTransitionTime = formatTime(this.clock.now());
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }];
    const ip = one.status?.podIP ?? `10.1.${this.#addresses >> 8}.${this.#addresses++ & 255}`;
    const status = { ...one.status, phase, conditions, podIP: ip, podIPs: [{ ip }] };
    await this.client.updateStatus(pod, { ...one, status });
  }

  #inPlace({ method, url }: HttpRequest): Promise<HttpResponse> | undefined {
    const refused = this.noPodsBecause !== undefined && method === 'POST' && url.endsWith('/pods');
    const found = refused ? new ApiError(403, 'Forbidden', this.noPodsBecause!) : this.answer?.(method, url);
    if (!found) return undefined;
    const body = (async function* () {
      yield Buffer.from(JSON.stringify(found instanceof ApiError ? found.toStatus() : found));
    })();
    const status = found instanceof ApiError ? found.code : 200;
    return Promise.resolve({ status, headers: { 'content-type': 'application/json' }, body });
  }

  #startKubelet(): void {
    const work = (one: Pod) => void this.#kubelet(one).catch((error: unknown) => this.#note(error));
    this.#informers.of(pod).listen({ added: work, updated: work });
    this.#informers.start();
  }

  async #kubelet(one: Pod): Promise<void> {
    if (one.metadata.deletionTimestamp) {
      if (this.podsGo) await this.client.delete(pod, one.metadata, { gracePeriodSeconds: 0 });
    } else if (!one.spec?.nodeName) {
      const target = { apiVersion: 'v1', kind: 'Node', name: wantedNode(one) ?? 'n1' };
      await this.client.createSubresource(pod, one.metadata, 'binding', {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: one.metadata.name, namespace: one.metadata.namespace },
        target,
      });
    } else if (!one.status?.podIP) await this.ready(one, this.podsBecomeReady);
    else if (one.status.phase === 'Running') await this.#end(one);
  }

  async #end(one: Pod): Promise<void> {
    const phase = this.podsEnd(one);
    if (phase) await this.ready(one, false, phase);
  }

  #note(error: unknown): void {
    if (!isApiError(error, 'Conflict', 'NotFound', 'ServiceUnavailable')) this.#errors.push(error);
  }
}

/** The node that a pod of a daemon set is made for. */
function wantedNode({ spec }: Pod): string | undefined {
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms?.[0]?.matchFields?.find(({ key }) => key === 'metadata.name')?.values?.[0];
}

/** Room for everything that is ready to run, also what needs several turns of the event loop. */
async function turn(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
}
