import { isSidecar, type PodSpec } from '../api/core-v1/pod-spec.ts';

/** A port that a pod takes on its node. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** Stands for every address of the node. */
export const ANY_ADDRESS = '0.0.0.0';

/** The host ports of containers and sidecars. */
export function hostPorts(spec: PodSpec): readonly HostPort[] {
  let found: HostPort[] | undefined;
  const collect = (ports: PodSpec['containers'][number]['ports']) => {
    for (const { hostPort, hostIP, protocol = 'TCP' } of ports ?? []) {
      if (hostPort) (found ??= []).push({ ip: hostIP || ANY_ADDRESS, protocol, port: hostPort });
    }
  };
  for (const container of spec.initContainers ?? []) if (isSidecar(container)) collect(container.ports);
  for (const container of spec.containers ?? []) collect(container.ports);
  return found ?? none;
}

const none: readonly HostPort[] = [];

/** Whether one node cannot have both: the same port of the same address, where 0.0.0.0 is every address. */
export function portsConflict(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.ip === b.ip || a.ip === ANY_ADDRESS || b.ip === ANY_ADDRESS;
}
