import { sleep, type Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { Gate } from '../base/gate.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { SplitInformers } from '../client/split-informers.ts';
import { podRange, simulatedNode, type SimulatedNodeOptions, type SimulatedSize } from './simulated-node.ts';

export interface SimulatedNodesOptions extends SimulatedSize {
  readonly count: number;
  /** What comes before the number in a node's name: `node-` gives `node-1`, `node-2` and so on. */
  readonly prefix: string;
  /** The second number of the first node's pod range, see `podRange`. */
  readonly firstRange: number;
  /** Watches pods and nodes for all. */
  readonly client: Client;
  /** Whom a node calls the API server as; default: `client`. */
  readonly clientOf?: ((node: string) => Client) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Milliseconds between two signs of life of a node. Default 10,000. */
  readonly heartbeat?: number | undefined;
  readonly nodeLabels?: Readonly<Record<string, string>> | undefined;
  readonly serving?: SimulatedNodeOptions['serving'];
  /** How many statuses of pods are on their way at a time. Default 16. */
  readonly writers?: number | undefined;
  /** Milliseconds without any such write that events wait for; without it they wait for nothing. */
  readonly quiet?: number | undefined;
}

/** How many statuses are on their way, or nodes start, at a time when nothing else is said. */
const WRITERS = 16;

/**
 * Nodes with simulated containers, all in this process: each is a whole kubelet, but they share one watch of pods and one
 * of nodes, and take turns in writing.
 */
export class SimulatedNodes implements Component {
  readonly name = 'simulated nodes';
  readonly #watches: SplitInformers;
  readonly #nodes: ReadonlyMap<string, SwitchedNode>;
  readonly #gate: Gate;

  constructor(options: SimulatedNodesOptions) {
    const { count, prefix, client, clock, random, log, writers = WRITERS, quiet } = options;
    const watches = new SplitInformers(new InformerFactory({ client, clock, random, log }));
    this.#watches = watches;
    const gate = new Gate(writers);
    this.#gate = gate;
    const holdEvents = quiet === undefined ? undefined : () => whenQuiet(gate, clock, quiet);
    const names = Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
    const make = (name: string, i: number) =>
      simulatedNode({
        ...{ name, clock, random, log, gate, holdEvents, podCidr: podRange(options.firstRange, i) },
        ...{ cpus: options.cpus, memory: options.memory, maxPods: options.maxPods, nodeLabels: options.nodeLabels },
        ...{ client: options.clientOf?.(name) ?? client, heartbeat: options.heartbeat },
        informers: watches.component(),
        serving: options.serving,
      });
    this.#nodes = new Map(names.map((name, i) => [name, new SwitchedNode(name, () => make(name, i))]));
  }

  /** Resolves when all are registered and look after their pods. */
  async start(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => this.#gate.pass(() => node.start())));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.stop()));
    await this.#watches.stop();
  }

  /** @throws an Error when there is no node of this name */
  node(name: string): SwitchedNode {
    const node = this.#nodes.get(name);
    if (!node)
      throw new Error(`this cluster has no node "${name}": ${[...this.#nodes.keys()].join(', ') || 'it has none'}`);
    return node;
  }
}

/** Resolves when nobody has been in the gate for so long; undefined when nobody is in it, as nearly always. */
function whenQuiet(gate: Gate, clock: Clock, ms: number): Promise<void> | undefined {
  if (!gate.busy) return undefined;
  const wait = async () => {
    do {
      await gate.busy;
      await sleep(clock, ms);
    } while (gate.busy);
  };
  return wait();
}

/** A machine that can be switched off and on again. */
export class SwitchedNode implements Component {
  readonly name: string;
  readonly #make: () => Component;
  #running: Component | undefined;

  constructor(name: string, make: () => Component) {
    this.name = name;
    this.#make = make;
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = this.#make();
    await this.#running.start();
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.stop();
  }
}
