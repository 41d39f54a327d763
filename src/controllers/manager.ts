import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import type { Log } from '../base/log.ts';
import type { MetricRegistry } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { Controller, RunningController } from '../client/controller.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { WorkQueueMetrics } from '../client/work-queue-metrics.ts';
import { authorityControllerNames, authorityControllers, type ClusterAuthority } from './authority-controllers.ts';
import { controllers as all } from './list.ts';
import { namesOf, selectedControllers } from './names.ts';
import { nodeIpamController } from './node-ipam/node-ipam.ts';
import type { NodeRanges } from './node-ipam/range-slots.ts';
import { serviceLbController } from './service-lb/service-lb.ts';

export interface ControllerManagerOptions extends ClusterAuthority {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Default: all that there are. */
  readonly controllers?: readonly Controller[];
  /** Which of them run: a list as `selectedControllers` understands it. Default: all that are on by default. */
  readonly selection?: readonly string[] | undefined;
  /** Addresses for services of type LoadBalancer: networks and ranges. Default: those of the nodes. */
  readonly loadBalancerPool?: readonly string[] | undefined;
  /** The pods' addresses, of which each node gets a part. Default: nodes bring their own. */
  readonly nodeRanges?: NodeRanges | undefined;
  /** Where the controllers' queues count. */
  readonly metrics?: MetricRegistry;
}

/** The names of all controllers that there are. */
export function controllerNames(): string[] {
  return [...all.map(({ name }) => name), ...authorityControllerNames()];
}

/** Runs controllers over one set of informers. Several managers of one cluster need leader election around them. */
export class ControllerManager implements Component {
  readonly name = 'controller-manager';
  readonly #options: ControllerManagerOptions;
  #informers: InformerFactory | undefined;
  #running: RunningController[] = [];

  constructor(options: ControllerManagerOptions) {
    this.#options = options;
  }

  /** Starts all controllers. Resolves at once: each begins to work when its informers are in sync. */
  async start(): Promise<void> {
    if (this.#informers) return;
    const { client, clock, random, log, metrics } = this.#options;
    const informers = new InformerFactory({ client, clock, random, log });
    this.#informers = informers;
    const queues = metrics && new WorkQueueMetrics(metrics, clock);
    const dependencies = { client, informers, clock, random, log, metrics, queues };
    this.#running = this.#chosen().map((controller) => {
      const { queue, component } = namesOf(controller.name);
      return controller.start({ ...dependencies, queue, component });
    });
    informers.start();
  }

  /** Resolves when no controller works on anything any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((controller) => controller.stop()));
    await this.#informers?.stop();
  }

  #chosen(): Controller[] {
    const { controllers = all, selection = ['*'] } = this.#options;
    const offered = [...controllers, ...authorityControllers(this.#options)];
    const known = [...new Set([...controllerNames(), ...controllers.map(({ name }) => name)])];
    const selected = selectedControllers(selection, known);
    return offered.filter(({ name }) => selected.has(name)).map((one) => this.#configured(one));
  }

  #configured(one: Controller): Controller {
    const { loadBalancerPool = [], nodeRanges } = this.#options;
    const configured = [
      ...(loadBalancerPool.length > 0 ? [serviceLbController(loadBalancerPool)] : []),
      ...(nodeRanges ? [nodeIpamController(nodeRanges)] : []),
    ];
    return configured.find(({ name }) => name === one.name) ?? one;
  }
}
