import { badRequest } from '../../apimachinery/api-error.ts';
import type { Exchange, Upgrade } from '../exchange/exchange.ts';
import type { HandlerServices, ResourceRequest } from '../handlers/services.ts';
import { chooseContainer, findPod, hostOf, kubeletPath } from './pod-location.ts';
import { tunnel } from './tunnel.ts';

/** Runs a command in a container: passes the connection on to its kubelet. */
export function handleExec(services: HandlerServices, request: ResourceRequest): Promise<void> {
  return withContainer(services, request, 'exec');
}

/** Connects to the process of a container, through its kubelet. */
export function handleAttach(services: HandlerServices, request: ResourceRequest): Promise<void> {
  return withContainer(services, request, 'attach');
}

/** Connects to ports of a pod, through its kubelet. */
export async function handlePortForward(
  services: HandlerServices,
  { exchange, target }: ResourceRequest,
): Promise<void> {
  const upgrade = upgradeOf(exchange);
  const pod = await findPod(services.registry, target);
  const query = new URLSearchParams(exchange.query.getAll('ports').map((port) => ['port', port]));
  await connect(services, exchange, upgrade, hostOf(pod), withQuery(kubeletPath('portForward', pod), query));
}

async function withContainer(
  services: HandlerServices,
  { exchange, target }: ResourceRequest,
  verb: 'exec' | 'attach',
): Promise<void> {
  const upgrade = upgradeOf(exchange);
  const pod = await findPod(services.registry, target);
  const container = chooseContainer(pod, exchange.query.get('container'));
  const query = streamQuery(exchange);
  if (verb === 'exec' && !query.has('command'))
    throw badRequest('you must specify at least one command for the container');
  await connect(services, exchange, upgrade, hostOf(pod), withQuery(kubeletPath(verb, pod, container), query));
}

/** The API's parameters under the kubelet's names. */
function streamQuery(exchange: Exchange): URLSearchParams {
  const query = new URLSearchParams();
  for (const command of exchange.query.getAll('command')) query.append('command', command);
  for (const [ours, theirs] of [
    ['stdin', 'input'],
    ['stdout', 'output'],
    ['stderr', 'error'],
    ['tty', 'tty'],
  ] as const) {
    if (exchange.flag(ours)) query.set(theirs, '1');
  }
  return query;
}

function withQuery(path: string, query: URLSearchParams): string {
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** @throws ApiError BadRequest: these streams are no HTTP */
function upgradeOf(exchange: Exchange): Upgrade {
  if (!exchange.request.upgrade) throw badRequest('Upgrade request required');
  return exchange.request.upgrade;
}

/** Hands the connection over to the kubelet of `node`. */
async function connect(
  { registry, kubelets }: HandlerServices,
  exchange: Exchange,
  upgrade: Upgrade,
  node: string,
  path: string,
): Promise<void> {
  await tunnel(exchange, upgrade, { backend: kubelets.backend(await kubelets.locate(registry, node)), path });
}
