import type { TLSSocket } from 'node:tls';
import { badRequest } from '../../apimachinery/api-error.ts';
import type { Exchange, Upgrade } from '../exchange/exchange.ts';
import type { HandlerServices, ResourceRequest } from '../handlers/services.ts';
import { chooseContainer, findPod, hostOf, kubeletPath } from './pod-location.ts';

/** Header fields that are between the client and us: credentials, and what names this connection's ends. */
const keptBack = /^(host|authorization|impersonate-.*|x-forwarded-.*)$/i;
/** A token in the place where browsers must put it. */
const tokenProtocol = /^base64url\.bearer\.authorization\.k8s\.io\./;

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
  await tunnel(services, exchange, upgrade, hostOf(pod), withQuery(kubeletPath('portForward', pod), query));
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
  await tunnel(services, exchange, upgrade, hostOf(pod), withQuery(kubeletPath(verb, pod, container), query));
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

/**
 * Sends the request on to the kubelet as it came and then lets both ends talk: whichever protocol they agree on
 * (WebSocket, SPDY) passes through unread.
 */
async function tunnel(
  services: HandlerServices,
  exchange: Exchange,
  upgrade: Upgrade,
  node: string,
  path: string,
): Promise<void> {
  const address = await services.kubelets.locate(services.registry, node);
  const kubelet = await services.kubelets.open(address);
  const { socket, head } = upgrade;
  if (socket.destroyed) return void kubelet.destroy();
  const lines = [
    `${exchange.request.method} ${path} HTTP/1.1`,
    `Host: ${address.host}:${address.port}`,
    ...headerLines(upgrade),
  ];
  kubelet.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  if (head.length > 0) kubelet.write(head);
  exchange.response.stream(101, {});
  join(kubelet, socket);
}

function headerLines({ rawHeaders }: Upgrade): string[] {
  const lines: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (keptBack.test(name)) continue;
    const value =
      name.toLowerCase() === 'sec-websocket-protocol' ? withoutToken(rawHeaders[i + 1]!) : rawHeaders[i + 1]!;
    if (value) lines.push(`${name}: ${value}`);
  }
  return lines;
}

function withoutToken(protocols: string): string {
  if (!protocols.includes('base64url.bearer.')) return protocols;
  return protocols
    .split(',')
    .filter((p) => !tokenProtocol.test(p.trim()))
    .join(',')
    .trim();
}

/** Two ends, one connection: what ends one side ends the other. */
function join(kubelet: TLSSocket, client: Upgrade['socket']): void {
  kubelet.pipe(client);
  client.pipe(kubelet);
  const destroy = () => {
    kubelet.destroy();
    client.destroy();
  };
  kubelet.on('error', destroy);
  client.on('error', destroy);
  kubelet.once('close', () => client.end());
  client.once('close', () => kubelet.destroy());
}
