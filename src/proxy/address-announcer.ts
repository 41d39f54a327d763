import { isIPv6 } from 'node:net';
import { node as nodeKind } from '../api/core-v1/node.ts';
import { service as serviceKind } from '../api/core-v1/service.ts';
import { endpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { OneByOne } from '../base/one-by-one.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { run as runCommand, type Run } from '../linux/exec.ts';
import { ip as iproute } from '../linux/ip.ts';
import { announcedAddresses, ANNOUNCES } from './announced-addresses.ts';

/** The device that holds the addresses; the kernel answers ARP for them on every other interface. */
export const DEVICE = 'cox-lb';

export interface AnnouncerOptions {
  readonly client: Client;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Starts commands; `runIn(namespace)` announces in another network namespace. Default: `run`. */
  readonly run?: Run;
}

/** Milliseconds from the first change to the addresses, and before what failed is tried again or looked at anew. */
const GATHER = 50;
const AGAIN = 5_000;
const CHECK_EVERY = 60_000;

/** Lets this node answer for addresses of the load balancer pool, each of which has one node. */
export class AddressAnnouncer implements Component {
  readonly name = 'address-announcer';
  readonly #options: AnnouncerOptions;
  readonly #run: Run;
  readonly #log: Log;
  readonly #informers: InformerFactory;
  readonly #stop = new AbortController();
  #check: Timer | undefined;
  #labelled = false;
  readonly #work: OneByOne;

  constructor(options: AnnouncerOptions) {
    const { client, clock, random } = options;
    this.#options = options;
    this.#run = options.run ?? runCommand;
    this.#work = new OneByOne(options.clock);
    this.#log = options.log.child({ component: this.name });
    this.#informers = new InformerFactory({ client, clock, random, log: this.#log });
  }

  async start(): Promise<void> {
    const changed = () => this.#schedule(GATHER);
    for (const kind of [serviceKind, endpointSlice, nodeKind]) {
      this.#informers.of<any>(kind).listen({ added: changed, updated: changed, deleted: changed });
    }
    this.#informers.start();
    await this.#informers.synced(this.#stop.signal);
    this.#schedule(0);
    this.#check = this.#options.clock.every(CHECK_EVERY, changed);
  }

  /** The addresses stay: connections to them go on. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the announcer was stopped'));
    this.#work.stop();
    this.#check?.cancel();
    await this.#work.idle;
    await this.#informers.stop();
  }

  #schedule(delay: number): void {
    this.#work.gather(delay, () => void this.#work.run(() => this.#sync()));
  }

  async #sync(): Promise<void> {
    try {
      await this.#label();
      const [services, slices, nodes] = [serviceKind, endpointSlice, nodeKind].map((kind) =>
        this.#informers.of<any>(kind).list(),
      );
      const addresses = announcedAddresses(this.#options.nodeName, services!, slices!, nodes!);
      await hold(addresses, this.#run, this.#log);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#log.warn('addresses of load balancers could not be announced', { error: errorMessage(error) });
      this.#schedule(AGAIN);
    }
  }

  /** Says once that this node takes part. Before it has registered it does not. */
  async #label(): Promise<void> {
    if (this.#labelled) return;
    const { client, nodeName } = this.#options;
    try {
      await client.patch(nodeKind, { name: nodeName }, 'merge', { metadata: { labels: { [ANNOUNCES]: '' } } });
      this.#labelled = true;
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }
}

/** Makes the device hold these addresses and no others. */
export async function hold(addresses: readonly string[], run: Run, log: Log): Promise<void> {
  const link = (await iproute(run).links()).find(({ name }) => name === DEVICE);
  if (!link && addresses.length === 0) return;
  if (!link) {
    // A bridge without ports: every kernel that runs our pods has those, and not every one has dummy devices.
    await run('ip', ['link', 'add', DEVICE, 'type', 'bridge']);
    await run('ip', ['link', 'set', DEVICE, 'up']);
  }
  const held = (link?.addresses ?? []).filter(({ scope }) => scope !== 'link').map(({ address }) => address);
  const change = async (verb: 'add' | 'del', address: string) => {
    const bits = isIPv6(address) ? 128 : 32;
    await run('ip', ['address', verb, `${address}/${bits}`, 'dev', DEVICE, ...(bits === 128 ? ['nodad'] : [])]);
    log.info(verb === 'add' ? 'answers for an address' : 'answers for an address no more', { address });
  };
  for (const address of addresses.filter((one) => !held.includes(one))) await change('add', address);
  for (const address of held.filter((one) => !addresses.includes(one))) await change('del', address);
}

/** Gives all addresses back. */
export function removeAnnouncedAddresses(run: Run = runCommand): Promise<void> {
  return iproute(run).deleteLink(DEVICE);
}
