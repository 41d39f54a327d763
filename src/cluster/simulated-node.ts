import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { Kubelet } from '../kubelet/kubelet.ts';
import { FakeNetwork } from '../kubelet/network/fake.ts';
import { FakeRuntime } from '../kubelet/runtime/fake.ts';
import type { ServingOptions } from '../kubelet/server/server.ts';
import { kubernetesVersion } from './version.ts';

export interface SimulatedNodeOptions {
  readonly name: string;
  /** Counts from 0 and gives the node a pod range of its own. */
  readonly index: number;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The endpoint for logs and exec, on loopback; without it the node has none. */
  readonly serving?: Omit<ServingOptions, 'port' | 'address'>;
}

/** A node of the cluster whose containers live in memory and by the clock: the real kubelet on the fake runtime. */
export function simulatedNode(options: SimulatedNodeOptions): Component {
  const { name, index, serving, log, ...rest } = options;
  const podCidr = `10.${244 + (index >> 8)}.${index & 255}.0/24`;
  return new Kubelet({
    ...rest,
    log: log.child({ component: 'kubelet', node: name }),
    // Its endpoint is in this process, and nowhere else may anybody look for it.
    ...{ nodeName: name, nodeIp: '127.0.0.1', podCidr, version: kubernetesVersion },
    runtime: new FakeRuntime({ clock: options.clock }),
    network: new FakeNetwork(podCidr),
    ...(serving && { serving: { ...serving, port: 0, address: '127.0.0.1' } }),
  });
}
