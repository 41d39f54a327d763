import type { Pod } from '../../api/core-v1/pod.ts';
import { allContainers } from '../pod-spec.ts';
import type { Refusal } from './refusal.ts';

interface Port {
  readonly protocol: string;
  readonly port: number;
  readonly ip: string;
}

const EVERYWHERE = '0.0.0.0';

/** Whether ports of the host that a pod wants are taken. `others` is only looked at when it wants any. */
export function portsRefusal(pod: Pod, others: () => readonly Pod[]): Refusal | undefined {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return undefined;
  const taken = others().flatMap(hostPorts);
  if (!wanted.some((one) => taken.some((other) => clash(one, other)))) return undefined;
  const message = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports";
  return { reason: 'NodePorts', message };
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
