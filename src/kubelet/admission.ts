import type { Pod } from '../api/core-v1/pod.ts';
import { allContainers } from './pod-spec.ts';

/** Why a node does not take a pod, as it stands in the pod's status and in an event. */
export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

interface Port {
  readonly protocol: string;
  readonly port: number;
  readonly ip: string;
}

const EVERYWHERE = '0.0.0.0';

/**
 * Whether a node that runs `others` can run `pod` too. The scheduler sees to that, but pods can also be bound past it;
 * then the node is the last to notice. `others` is only looked at when it matters.
 * @returns why not; undefined when it can
 */
export function rejection(pod: Pod, others: () => readonly Pod[]): Rejection | undefined {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return undefined;
  const taken = others().flatMap(hostPorts);
  if (!wanted.some((one) => taken.some((other) => clash(one, other)))) return undefined;
  const why = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports";
  return { reason: 'NodePorts', message: `Pod was rejected: ${why}` };
}

function hostPorts(pod: Pod): Port[] {
  const ports = allContainers(pod).flatMap((container) => container.ports ?? []);
  return ports
    .filter(({ hostPort }) => hostPort)
    .map(({ protocol = 'TCP', hostPort, hostIP }) => ({ protocol, port: hostPort!, ip: hostIP || EVERYWHERE }));
}

function clash(a: Port, b: Port): boolean {
  if (a.protocol !== b.protocol || a.port !== b.port) return false;
  return a.ip === b.ip || a.ip === EVERYWHERE || b.ip === EVERYWHERE;
}
