import type { Pod } from '../../api/core-v1/pod.ts';
import { badRequest } from '../../apimachinery/api-error.ts';
import { queryFlag } from '../../apimachinery/query-flag.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { HandlerServices, VerbHandler } from '../handlers/services.ts';
import { admitConnect } from './admission.ts';
import { chooseContainer, findPod, hostOf, kubeletPath } from './pod-location.ts';
import { tunnel } from './tunnel.ts';

/** Runs a command in a container: passes the connection on to its kubelet. */
export const handleExec = streamHandler('PodExecOptions', execOptions, (pod, options) =>
  withQuery(kubeletPath('exec', pod, chooseContainer(pod, options.container)), processQuery(options)),
);

/** Connects to the process of a container, through its kubelet. */
export const handleAttach = streamHandler('PodAttachOptions', processOptions, (pod, options) =>
  withQuery(kubeletPath('attach', pod, chooseContainer(pod, options.container)), processQuery(options)),
);

/** Connects to ports of a pod, through its kubelet. */
export const handlePortForward = streamHandler('PodPortForwardOptions', portOptions, (pod, { ports = [] }) => {
  const query = new URLSearchParams(ports.length > 0 ? { port: ports.join(',') } : {});
  return withQuery(kubeletPath('portForward', pod), query);
});

/** `PodExecOptions` and `PodAttachOptions`. */
interface ProcessOptions {
  readonly stdin?: boolean;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly tty?: boolean;
  readonly container?: string;
  readonly command?: readonly string[];
}

/** `PodPortForwardOptions` */
interface PortOptions {
  readonly ports?: readonly number[];
}

/** A handler that hands the connection over to the kubelet of the pod, at the path that `locate` says. */
function streamHandler<O>(
  kind: string,
  read: (query: URLSearchParams) => O,
  locate: (pod: Pod, options: O) => string,
): VerbHandler {
  return async (services, request) => {
    const { exchange, target } = request;
    const options = read(exchange.query);
    await admitConnect(services.registry, request, { kind, apiVersion: 'v1', ...options });
    const pod = await findPod(services.registry, target);
    const path = locate(pod, options);
    await connect(services, exchange, hostOf(pod), path);
  };
}

/** @throws ApiError BadRequest: these streams are no HTTP */
async function connect(
  { registry, kubelets }: HandlerServices,
  exchange: Exchange,
  node: string,
  path: string,
): Promise<void> {
  const address = await kubelets.locate(registry, node);
  const { upgrade } = exchange.request;
  if (!upgrade) throw badRequest('Upgrade request required');
  await tunnel(exchange, upgrade, { backend: kubelets.backend(address), path });
}

function execOptions(query: URLSearchParams): ProcessOptions {
  const command = query.getAll('command');
  return { ...processOptions(query), ...(command.length > 0 && { command }) };
}

/** Whoever names no stream at all means the outputs. */
function processOptions(query: URLSearchParams): ProcessOptions {
  const flags = (['stdin', 'stdout', 'stderr', 'tty'] as const).filter((name) => queryFlag(query.get(name)));
  const streams = flags.filter((name) => name !== 'tty');
  const all = streams.length > 0 ? flags : [...flags, 'stdout', 'stderr'];
  const container = query.get('container');
  return { ...Object.fromEntries(all.map((name) => [name, true])), ...(container && { container }) };
}

function portOptions(query: URLSearchParams): PortOptions {
  const texts = query.getAll('ports').flatMap((text) => text.split(','));
  const ports = texts.filter(Boolean).map((text) => {
    if (/^-?[0-9]{1,9}$/.test(text)) return Number(text);
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  });
  return ports.length > 0 ? { ports } : {};
}

/** The options under the kubelet's names. */
function processQuery({ stdin, stdout, stderr, tty, command = [] }: ProcessOptions): URLSearchParams {
  const query = new URLSearchParams(command.map((word) => ['command', word]));
  if (stdin) query.set('input', '1');
  if (stdout) query.set('output', '1');
  if (stderr) query.set('error', '1');
  if (tty) query.set('tty', '1');
  return query;
}

function withQuery(path: string, query: URLSearchParams): string {
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}
