import type { V1NodeCondition, V1NodeStatus } from '@kubernetes/client-node';
import { formatTime } from '../../apimachinery/time.ts';
import type { Plain } from '../../apimachinery/object.ts';
import type { Image } from '../runtime/runtime.ts';
import type { Threshold } from '../eviction/thresholds.ts';
import { allocatableOf } from './allocatable.ts';
import type { MachineInfo } from './machine-info.ts';

export type NodeStatus = Plain<V1NodeStatus>;
export type NodeCondition = Plain<V1NodeCondition>;

/** What a node's status is made of. */
export interface NodeFacts {
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly machine: MachineInfo;
  readonly runtimeVersion: string;
  /** What a RuntimeClass may name. */
  readonly handlers: readonly string[];
  readonly kubeletVersion: string;
  readonly kubeletPort: number;
  readonly maxPods: number;
  readonly images: readonly Image[];
  /** Why the node is not ready, in a sentence. */
  readonly problem: string | undefined;
  /** What the node keeps for the system and for Kubernetes, by resource. */
  readonly reserved: readonly Readonly<Record<string, string>>[];
  /** When pods are evicted. */
  readonly thresholds: readonly Threshold[];
  /** The conditions of pressure that are true. */
  readonly pressures: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const MOST_IMAGES = 50;

/** The status of the node. Pure; conditions that did not change keep their time of transition. */
export function nodeStatus(facts: NodeFacts, old: NodeStatus | undefined): NodeStatus {
  const { machine } = facts;
  const own = capacityOf(facts);
  // What somebody else says the node has, as https://kubernetes.io/docs/tasks/administer-cluster/extended-resource-node/.
  const extended = Object.entries(old?.capacity ?? {}).filter(([name]) => name.includes('/') && !(name in own));
  const capacity = { ...own, ...Object.fromEntries(extended) };
  return {
    addresses: [
      { type: 'InternalIP', address: facts.nodeIp },
      { type: 'Hostname', address: facts.nodeName },
    ],
    capacity,
    allocatable: allocatableOf(capacity, facts),
    conditions: conditionsOf(facts, old?.conditions ?? []),
    // The engine gives the supplemental groups of the image too, and knows neither user namespaces nor read-only trees.
    features: { supplementalGroupsPolicy: false },
    runtimeHandlers: ['', ...facts.handlers].map((name) => ({
      name,
      features: { recursiveReadOnlyMounts: false, userNamespaces: false },
    })),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.kubeletPort } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: facts.runtimeVersion,
      kubeletVersion: facts.kubeletVersion,
      kubeProxyVersion: facts.kubeletVersion,
      operatingSystem: 'linux',
      architecture: machine.architecture,
    },
    images: facts.images.slice(0, MOST_IMAGES).map(({ names, size }) => ({ names: [...names], sizeBytes: size })),
  };
}

function capacityOf({ machine, maxPods }: NodeFacts): Record<string, string> {
  return {
    cpu: String(machine.cpus),
    'ephemeral-storage': `${Math.floor(machine.disk / 1024)}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    ...machine.hugePages,
    memory: `${Math.floor(machine.memory / 1024)}Ki`,
    pods: String(maxPods),
  };
}

type Verdict = readonly [type: string, bad: boolean, good: readonly [string, string], wrong: readonly [string, string]];

function conditionsOf({ pressures: short, problem, now }: NodeFacts, old: readonly NodeCondition[]): NodeCondition[] {
  const pressures: Verdict[] = [
    [
      'MemoryPressure',
      short.includes('MemoryPressure'),
      ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
      ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
    ],
    [
      'DiskPressure',
      short.includes('DiskPressure'),
      ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
      ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
    ],
    [
      'PIDPressure',
      short.includes('PIDPressure'),
      ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
      ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
    ],
  ];
  const list = pressures.map(([type, bad, good, wrong]) =>
    condition(type, bad ? 'True' : 'False', bad ? wrong : good, old, now),
  );
  const ready = problem
    ? condition('Ready', 'False', ['KubeletNotReady', problem], old, now)
    : condition('Ready', 'True', ['KubeletReady', 'kubelet is posting ready status'], old, now);
  return [...list, ready];
}

function condition(
  type: string,
  status: 'True' | 'False',
  [reason, message]: readonly [string, string],
  old: readonly NodeCondition[],
  now: number,
): NodeCondition {
  const before = old.find((c) => c.type === type);
  const time = formatTime(now);
  const lastTransitionTime = before?.status === status && before.lastTransitionTime ? before.lastTransitionTime : time;
  return { type, status, reason, message, lastHeartbeatTime: time, lastTransitionTime };
}
