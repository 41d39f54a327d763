import { isReady, type EndpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import type { Service } from '../api/core-v1/service.ts';
import { healthPortOf, isProxied } from './model.ts';

/** What a load balancer is told that asks on a service's health check node port. */
export interface HealthPort {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
  /** Ready endpoints on this node. */
  readonly localEndpoints: number;
}

/** The health check node port of a service; undefined when it has none. */
export function healthPort(
  service: Service,
  slices: readonly EndpointSlice[],
  nodeName: string,
): HealthPort | undefined {
  const port = healthPortOf(service.spec);
  if (!port || !isProxied(service)) return undefined;
  const { namespace = '', name } = service.metadata;
  const here = slices.flatMap(({ endpoints }) =>
    (endpoints ?? [])
      .filter((endpoint) => endpoint.nodeName === nodeName && isReady(endpoint))
      .map(({ addresses }) => addresses[0] ?? ''),
  );
  return { namespace, name, port, localEndpoints: new Set(here).size };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answer, in upstream's form. */
export function healthAnswer({ namespace, name, localEndpoints }: HealthPort, serviceProxyHealthy: boolean): Answer {
  const body = { service: { namespace, name }, localEndpoints, serviceProxyHealthy };
  return {
    status: localEndpoints > 0 && serviceProxyHealthy ? 200 : 503,
    headers: {
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
      'x-load-balancing-endpoint-weight': String(localEndpoints),
    },
    body: JSON.stringify(body, undefined, '\t'),
  };
}
