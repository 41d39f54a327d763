import { noLog } from '../../src/base/log.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Client } from '../../src/client/client.ts';
import type { Run } from '../../src/linux/exec.ts';
import { Proxy, type ProxyOptions } from '../../src/proxy/proxy.ts';
import { MemoryApi } from '../client/memory-api.ts';
import { ProxyNetwork } from './proxy-network.ts';
import { eventually } from './running-cluster.ts';

const servicePath = '/api/v1/namespaces/shop/services/web';
const slicePath = (name: string) => `/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/${name}`;

/** Nodes in miniature with a proxy each, an API with the service shop/web, and time that the test moves. */
export class ProxyWorld {
  readonly network = new ProxyNetwork();
  readonly clock = new VirtualClock();
  readonly api = new MemoryApi();
  readonly #options: Partial<ProxyOptions>;
  #proxies: Proxy[] = [];

  constructor(options: Partial<ProxyOptions> = {}) {
    this.#options = options;
  }

  get proxy(): Proxy {
    return this.#proxies[0]!;
  }

  /** Stores the service and its slices; slices named so before that are not among these are removed. */
  put(service: object, ...slices: object[]): void {
    this.api.put(servicePath, service);
    for (const [i, slice] of slices.entries()) this.api.put(slicePath(`web-${i + 1}`), slice);
    if (slices.length < 2 && this.api.object(slicePath('web-2'))) this.api.drop(slicePath('web-2'));
  }

  /** Starts a proxy on a node. */
  async start(nodeName = 'n1', run: Run = this.network.onNode): Promise<void> {
    const { clock } = this;
    const client = new Client(this.api.exchange);
    const clusterCidr = '10.244.0.0/16,fd00:10:244::/48';
    const proxy = new Proxy({ client, nodeName, clusterCidr, clock, log: noLog, run, ...this.#options });
    this.#proxies.push(proxy);
    await proxy.start();
  }

  async stop(): Promise<void> {
    for (const proxy of this.#proxies.splice(0)) await proxy.stop();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async end(): Promise<void> {
    await this.stop();
    await this.network.destroy();
  }

  /** Changes the API's objects and waits until the rules have followed. */
  async change(service: object, ...slices: object[]): Promise<void> {
    const old = await this.network.rules();
    this.put(service, ...slices);
    await eventually('rules that follow the change', async () => {
      await this.clock.advance(25);
      return (await this.network.rules()) !== old;
    });
    await this.idle();
  }

  /** Resolves when rules do not change any more: a second event may have come after the first sync. */
  async idle(): Promise<void> {
    let last = '';
    await eventually('rules that stay', async () => {
      await this.clock.advance(25);
      const now = await this.network.rules();
      const same = now === last;
      last = now;
      return same;
    });
  }

  /** The names of those who answer so many connections. */
  async whoAnswer(namespace: string, address: string, port: number, times = 24): Promise<Set<string>> {
    const answers = await Promise.all(Array.from({ length: times }, () => this.network.ask(namespace, address, port)));
    return new Set(answers.map(nameOf));
  }
}

/** `pod1 10.244.0.4`: who answers, and whom it saw. */
export function nameOf(answer: string): string {
  return answer.split(' ')[0]!;
}
