import type { Connection } from '../linux/conntrack.ts';
import { shown } from './endpoints.ts';
import type { Family, ServicePort } from './model.ts';

/**
 * Which of the connections that the kernel remembers lead to endpoints that are gone, or past those that have come. Only
 * UDP: its senders often keep their source port, so the kernel would take all that follows for the old connection; TCP
 * notices by itself.
 * @param nodeAddresses where node ports are reached
 * @param gone ports of services that there were and that may not be any more
 */
export function staleConnections(
  connections: readonly Connection[],
  family: Family,
  { ports, gone = [] }: { ports: readonly ServicePort[]; gone?: readonly ServicePort[] },
  nodeAddresses: ReadonlySet<string>,
): Connection[] {
  const right = new Map<string, ReadonlySet<string>>();
  // What is there now says more about an address than what was there.
  for (const port of gone) for (const place of placesOf(port, family)) right.set(place, new Set());
  for (const port of ports) {
    const serving = new Set(port.serving);
    for (const place of placesOf(port, family)) right.set(place, serving);
  }
  const stale = new Map<string, Connection>();
  for (const connection of connections) {
    const { address, port, endpoint, endpointPort } = connection;
    const place =
      right.get(shown(address, port)) ?? (nodeAddresses.has(address) ? right.get(`node ${port}`) : undefined);
    const answers = shown(endpoint, endpointPort);
    // One order to forget is for all clients.
    if (place && !place.has(answers)) stale.set(`${shown(address, port)} ${answers}`, connection);
  }
  return [...stale.values()];
}

/** Whether any of the ports is one whose connections must be looked at. */
export function hasUdp(ports: readonly ServicePort[], family: Family): boolean {
  return ports.some((port) => port.family === family && port.protocol === 'UDP');
}

function placesOf(port: ServicePort, family: Family): string[] {
  if (port.family !== family || port.protocol !== 'UDP') return [];
  const addresses = [port.clusterIp, ...port.externalIps, ...port.balancerIps];
  return [
    ...addresses.map((address) => shown(address, port.port)),
    ...(port.nodePort === undefined ? [] : [`node ${port.nodePort}`]),
  ];
}
