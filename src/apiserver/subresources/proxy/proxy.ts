import type { Exchange } from '../../exchange/exchange.ts';
import type { HandlerServices, VerbHandler } from '../../handlers/services.ts';
import type { Target } from '../../registry/registry.ts';
import { admitConnect } from '../admission.ts';
import { tunnel } from '../tunnel.ts';
import type { Backend } from './backend.ts';
import { forward, type Route } from './forward.ts';
import { joinPath } from './links.ts';
import { locateNode } from './locate-node.ts';
import { locatePod } from './locate-pod.ts';
import { locateService } from './locate-service.ts';

/** Finds the server behind a name. @throws ApiError */
type Locate = (services: HandlerServices, target: Target) => Promise<Backend>;

/** Passes requests below `pods/{name}/proxy` on to the pod. */
export const handlePodProxy = proxyHandler(locatePod, 'PodProxyOptions');
/** Passes requests below `services/{name}/proxy` on to one of the service's pods. */
export const handleServiceProxy = proxyHandler(locateService, 'ServiceProxyOptions');
/** Passes requests below `nodes/{name}/proxy` on to the node's kubelet. */
export const handleNodeProxy = proxyHandler(locateNode, 'NodeProxyOptions');

function proxyHandler(locate: Locate, optionsKind: string): VerbHandler {
  return async (services, request) => {
    const { exchange, target } = request;
    const { prefix, path } = splitPath(exchange, target);
    await admitConnect(services.registry, request, { kind: optionsKind, apiVersion: 'v1', path });
    const backend = await locate(services, target);
    await serve(exchange, { backend, prefix, path });
  };
}

async function serve(exchange: Exchange, route: Route): Promise<void> {
  const { request, response } = exchange;
  const { backend, prefix, path } = route;
  const query = request.url.slice(exchange.path.length);
  if (request.upgrade) {
    return tunnel(exchange, request.upgrade, {
      backend,
      path: (path || '/') + query,
      headers: [['X-Forwarded-Uri', prefix + path]],
    });
  }
  if (path === '' && (request.method === 'GET' || request.method === 'HEAD')) {
    // The relative links of a page would lead beside it.
    return response.send(301, { location: `${exchange.path}/${query}` }, Buffer.alloc(0));
  }
  return forward(exchange, route);
}

/** The path up to the subresource, and what is behind it: empty, or with a slash at its begin. */
function splitPath({ path }: Exchange, { kind }: Target): { prefix: string; path: string } {
  const parts = path.split('/');
  const length = (kind.group ? 4 : 3) + (kind.namespaced ? 2 : 0) + 3;
  const behind = parts.slice(length);
  const prefix = parts.slice(0, length).join('/');
  return { prefix, path: behind.length > 0 ? joinPath('', plainDots(behind.join('/'))) : '' };
}

/** Percent-encoded dots are dots, as far as leading out of a folder goes. */
function plainDots(path: string): string {
  return path
    .split('/')
    .map((part) => (/^(\.|%2e){1,2}$/i.test(part) ? part.replace(/%2e/gi, '.') : part))
    .join('/');
}
