import { Backoff } from '../../../base/backoff.ts';
import type { Clock, Timer } from '../../../base/clock.ts';
import type { Component } from '../../../base/component.ts';
import { errorMessage, type Log } from '../../../base/log.ts';
import { OneByOne } from '../../../base/one-by-one.ts';
import type { Random } from '../../../base/random.ts';
import { node as nodeKind } from '../../../api/core-v1/node.ts';
import type { Client } from '../../../client/client.ts';
import { InformerFactory } from '../../../client/informer-factory.ts';
import { run as runCommand, type Run } from '../../../linux/exec.ts';
import { ip } from '../../../linux/ip.ts';
import { vxlan } from '../../../linux/vxlan.ts';
import { podMtu, type PodNetworkMode } from '../mtu.ts';
import { placeOf, PROTOCOL, routePlan, TUNNEL, tunnelAddress, tunnelMac, type RouteCommands } from './plan.ts';

export interface NodeRoutesOptions {
  readonly client: Client;
  readonly nodeName: string;
  /** The address from which the tunnel's packets are sent. */
  readonly nodeIp: string;
  readonly mode: PodNetworkMode;
  /** The size of the largest packets of pods, in bytes. Default: as large as they can leave this machine. */
  readonly mtu?: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Starts commands; `runIn(namespace)` connects another network namespace. Default: that of this process. */
  readonly run?: Run;
}

/** Milliseconds for which changes of nodes wait for others, and between two looks at what is there. */
const GATHER = 50;
const CHECK_EVERY = 30_000;

/** Keeps a way from this node to the pods of every other one. */
export class NodeRoutes implements Component {
  readonly name = 'node-routes';
  readonly #options: NodeRoutesOptions;
  readonly #log: Log;
  readonly #run: Run;
  readonly #informers: InformerFactory;
  readonly #backoff = new Backoff<'sync'>(200, 10_000);
  #places = '';
  #check: Timer | undefined;
  readonly #work: OneByOne;
  #stopped = false;

  constructor(options: NodeRoutesOptions) {
    const { client, clock, random } = options;
    this.#options = options;
    this.#work = new OneByOne(options.clock);
    this.#log = options.log.child({ component: this.name });
    this.#run = options.run ?? runCommand;
    this.#informers = new InformerFactory({ client, clock, random, log: this.#log });
  }

  /** Resolves at once; ways are made as nodes are heard of. */
  async start(): Promise<void> {
    const nodes = this.#informers.of(nodeKind);
    const changed = () => this.#changed();
    nodes.listen({ added: changed, updated: changed, deleted: changed });
    this.#informers.start();
    this.#check = this.#options.clock.every(CHECK_EVERY, () => this.#schedule(0));
  }

  /** Stops following the API. The ways stay, for the pods that go on running. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#work.stop();
    this.#check?.cancel();
    await this.#informers.stop();
    await this.#work.idle;
  }

  /** Nodes tell how they are all the time; only where they are counts. */
  #changed(): void {
    const places = JSON.stringify(this.#informers.of(nodeKind).list().map((n) => [n.metadata.name, placeOf(n)])); // prettier-ignore
    if (places === this.#places) return;
    this.#places = places;
    this.#schedule(GATHER);
  }

  #schedule(delay: number): void {
    this.#work.gather(delay, () => {
      this.#work
        .run(() => this.#sync())
        .then(
          () => this.#backoff.forget('sync'),
          (error) => {
            this.#log.error('the ways to other nodes could not be made', { error: errorMessage(error) });
            this.#schedule(this.#backoff.next('sync'));
          },
        );
    });
  }

  async #sync(): Promise<void> {
    const nodes = this.#informers.of(nodeKind);
    if (this.#stopped || !nodes.synced) return;
    const { nodeName, mode } = this.#options;
    const own = nodes.get(nodeName);
    const { podCidrs } = own ? placeOf(own) : { podCidrs: [] };
    const tunnel = vxlan(this.#run, TUNNEL);
    if (mode !== 'vxlan') await tunnel.remove();
    else if (podCidrs.length === 0) return;
    else await this.#openTunnel(podCidrs);
    const others = nodes.list().filter((node) => node !== own);
    const [links, routes, entries] = await Promise.all([
      ip(this.#run).links(),
      ip(this.#run).routesBy(PROTOCOL),
      mode === 'vxlan' ? tunnel.entries() : { neighbours: [], forwarding: [] },
    ]);
    await this.#apply(routePlan(mode, others.map(placeOf), links, { routes, ...entries }));
  }

  async #openTunnel(podCidrs: readonly string[]): Promise<void> {
    const { nodeIp: local } = this.#options;
    const mtu = this.#options.mtu ?? (await this.#largestPacket());
    const addresses = podCidrs.map(tunnelAddress);
    await vxlan(this.#run, TUNNEL).ensure({ local, mac: tunnelMac(podCidrs[0]!), addresses, mtu });
  }

  async #largestPacket(): Promise<number | undefined> {
    const here = ip(this.#run);
    const [routes, links] = await Promise.all([here.routes(), here.links()]);
    return podMtu(this.#options.mode, routes, links);
  }

  async #apply({ ip: lines, bridge }: RouteCommands): Promise<void> {
    if (bridge.length > 0) await this.#run('bridge', ['-batch', '-'], { stdin: `${bridge.join('\n')}\n` });
    if (lines.length > 0) await this.#run('ip', ['-batch', '-'], { stdin: `${lines.join('\n')}\n` });
  }
}

/** Removes all ways to other nodes. For `cox down`. */
export async function removeNodeRoutes(run: Run = runCommand): Promise<void> {
  const lines = (await ip(run).routesBy(PROTOCOL)).map((destination) => `route del ${destination} proto ${PROTOCOL}`);
  if (lines.length > 0) await run('ip', ['-force', '-batch', '-'], { stdin: `${lines.join('\n')}\n`, accept: true });
  await vxlan(run, TUNNEL).remove();
}
