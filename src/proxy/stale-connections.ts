import type { Log } from '../base/log.ts';
import { errorMessage } from '../base/log.ts';
import type { Conntrack } from '../linux/conntrack.ts';
import type { ServicePort } from './model.ts';

/** A remembered connection that leads to the wrong place. Without `endpoint`: one from before there were any. */
export interface StaleConnection {
  readonly address?: string;
  readonly port: number;
  readonly endpoint?: string;
}

/**
 * What the kernel must forget after a change from `before` to `after`. Only UDP: its senders often keep their source
 * port, so the kernel would take all that follows for the old connection; TCP notices by itself.
 */
export function staleConnections(before: readonly ServicePort[], after: readonly ServicePort[]): StaleConnection[] {
  const udp = (ports: readonly ServicePort[]) =>
    new Map(ports.filter((p) => p.protocol === 'UDP').map((p) => [p.name, p]));
  const now = udp(after);
  const then = udp(before);
  const gone = [...then.values()].flatMap((port) => {
    const left = new Set(now.get(port.name)?.endpoints.map((e) => e.ip));
    return port.endpoints.filter((e) => !left.has(e.ip)).flatMap((e) => entries(port, e.ip));
  });
  const come = [...now.values()].filter((port) => port.endpoints.length && !then.get(port.name)?.endpoints.length);
  return [...gone, ...come.flatMap((port) => entries(port))];
}

function entries(port: ServicePort, endpoint?: string): StaleConnection[] {
  const to = endpoint === undefined ? {} : { endpoint };
  return [
    ...[port.clusterIp, ...port.externalIps].map((address) => ({ address, port: port.port, ...to })),
    ...(port.nodePort === undefined ? [] : [{ port: port.nodePort, ...to }]),
  ];
}

/** Makes the kernel forget them. A failure is told and otherwise without consequence: the entries age out. */
export async function forget(stale: readonly StaleConnection[], conntrack: Conntrack, log: Log): Promise<void> {
  try {
    for (const connection of stale) await conntrack.forget('UDP', connection);
  } catch (error) {
    log.warn('old UDP connections may go to endpoints that are gone', { error: errorMessage(error) });
  }
}
