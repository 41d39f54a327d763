import type { V1HTTPGetAction } from '@kubernetes/client-node';
import type { Plain } from '../../apimachinery/object.ts';
import type { HttpGet } from '../network/network.ts';
import type { Container } from '../pod-spec.ts';

/**
 * The number of a port that a probe or hook names.
 * @throws Error when the container has no port of this name
 */
export function portOf(port: number | string, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find((p) => p.name === port)?.containerPort;
  if (named !== undefined) return named;
  const number = Number(port);
  if (Number.isInteger(number) && number > 0 && number < 65536) return number;
  throw new Error(
    `couldn't find port: "${port}" is neither a number nor the name of a port of container ${container.name}`,
  );
}

/** The request that an `httpGet` stands for. */
export function httpGetOf(
  action: Plain<V1HTTPGetAction>,
  container: Container,
  podIp: string,
): Omit<HttpGet, 'signal'> {
  const path = action.path || '/';
  return {
    scheme: action.scheme?.toLowerCase() === 'https' ? 'https' : 'http',
    host: action.host || podIp,
    port: portOf(action.port, container),
    path: path.startsWith('/') ? path : `/${path}`,
    headers: action.httpHeaders ?? [],
  };
}
