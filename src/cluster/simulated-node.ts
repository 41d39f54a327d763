import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import type { Gate } from '../base/gate.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { pod as podKind, type Pod } from '../api/core-v1/pod.ts';
import type { Client } from '../client/client.ts';
import type { Informers } from '../client/informer.ts';
import { Kubelet } from '../kubelet/kubelet.ts';
import { FakeNetwork } from '../kubelet/network/fake.ts';
import { simulatedMachine } from '../kubelet/node/machine-info.ts';
import { FakeRuntime } from '../kubelet/runtime/fake.ts';
import type { ServingOptions } from '../kubelet/server/server.ts';
import { failureOf, pullTime, stagesOf, usageOf } from '../kubelet/simulation/stages.ts';
import { kubernetesVersion } from './version.ts';

/** What is to be had on a simulated node. */
export interface SimulatedSize {
  readonly cpus?: number | undefined;
  /** Bytes. */
  readonly memory?: number | undefined;
  /** How many pods it takes. Default 110. */
  readonly maxPods?: number | undefined;
}

export interface SimulatedNodeOptions extends SimulatedSize {
  readonly name: string;
  /** e.g. `10.244.3.0/24`, see `podRange`. */
  readonly podCidr: string;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What it shares with the other simulated nodes. */
  readonly informers: Informers;
  readonly gate?: Gate | undefined;
  readonly holdEvents?: (() => Promise<void> | undefined) | undefined;
  /** See `KubeletOptions`. */
  readonly heartbeat?: number | undefined;
  readonly nodeLabels?: Readonly<Record<string, string>> | undefined;
  /** The endpoint for logs and exec, on loopback; without it the node has none. */
  readonly serving?: Omit<ServingOptions, 'port' | 'address'> | undefined;
}

/** The n-th (from 0) /24 of addresses from `10.<first>.0.0` on. */
export function podRange(first: number, n: number): string {
  return `10.${first + (n >> 8)}.${n & 255}.0/24`;
}

/** A node of the cluster whose containers live in memory and by the clock: the real kubelet on the fake runtime. */
export function simulatedNode(options: SimulatedNodeOptions): Component {
  const { name, serving, log, cpus, memory, ...rest } = options;
  const pods = options.informers.of(podKind, { fieldSelector: `spec.nodeName=${name}` });
  const find = (pod: { namespace: string; name: string }) => pods.get(`${pod.namespace}/${pod.name}`);
  const current = ({ metadata }: Pod) => find({ namespace: metadata.namespace ?? '', name: metadata.name });
  const machine = simulatedMachine(name);
  return new Kubelet({
    ...rest,
    log: log.child({ component: 'kubelet', node: name }),
    // Its endpoint is in this process, and nowhere else may anybody look for it.
    ...{ nodeName: name, nodeIp: '127.0.0.1', version: kubernetesVersion },
    machine: { ...machine, cpus: cpus ?? machine.cpus, ...(memory && { memory, memoryAvailable: memory * 0.75 }) },
    runtime: new FakeRuntime({
      clock: options.clock,
      program: ({ pod, name: container, command = [], args = [] }) =>
        stagesOf(find(pod), container, [...command, ...args]),
      told: ({ pod, name: container }) => usageOf(find(pod), container),
      pullTime: (image) => pullTime(pods.list(), image),
    }),
    network: new FakeNetwork(options.podCidr),
    probeFailure: (pod, container, kind) => failureOf(current(pod), container, kind),
    ...(serving && { serving: { ...serving, port: 0, address: '127.0.0.1' } }),
  });
}
