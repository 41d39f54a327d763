import { hostname } from 'node:os';
import { isIP } from 'node:net';
import { createLog, errorMessage, type LogLevel } from '../base/log.ts';
import { loadKubeconfig } from '../client/kubeconfig.ts';
import { checkDnsNetworks, runDnsAlone } from '../cluster/dns-alone.ts';
import type { Command } from './command.ts';
import { connectionFlags, kubeconfigOf } from './connection-flags.ts';
import { UsageError, type FlagValues } from './flags.ts';

/** Runs the DNS of a cluster by itself. */
export const dns: Command = {
  name: 'dns',
  summary: "Run a cluster's DNS by itself, in the foreground.",
  description:
    '`cox up` with a node runs one already, unless told --no-dns. This one can run anywhere from where the API server\n' +
    'can be reached, and with --cluster-ip makes the service kube-dns lead to it.',
  flags: [
    ...connectionFlags,
    { name: 'address', type: 'string', default: '127.0.0.1', placeholder: 'IP', help: 'address to listen on' },
    { name: 'port', type: 'integer', default: 53, help: 'port of questions, UDP and TCP (another when it is taken)' },
    { name: 'status-port', type: 'integer', default: 0, help: 'port of /metrics, /health and /ready (0: none)' },
    {
      name: 'cluster-domain',
      type: 'string',
      default: 'cluster.local',
      placeholder: 'NAME',
      help: "the cluster's domain",
    },
    {
      name: 'upstreams',
      type: 'string',
      placeholder: 'IP[:PORT],...',
      help: 'DNS servers that know all other names (default: those of /etc/resolv.conf)',
    },
    { name: 'allow', type: 'string', placeholder: 'CIDR,...', help: 'networks that may ask, besides private ones' },
    {
      name: 'cluster-ip',
      type: 'string',
      placeholder: 'IP',
      help: 'makes the service kube-dns with this address lead here (pods must reach --address)',
    },
    {
      name: 'name',
      type: 'string',
      placeholder: 'NAME',
      help: 'with --cluster-ip: tells servers apart (default: the host name)',
    },
    { name: 'log-level', type: 'string', default: 'info', placeholder: 'LEVEL', help: 'debug, info, warn or error' },
  ],
  async run(values, positional, terminal) {
    if (positional.length > 0) throw new UsageError(`unexpected argument "${positional[0]}"`);
    const connection = loadKubeconfig(kubeconfigOf(values, terminal));
    const { place, stop } = await runDnsAlone({ connection, ...optionsOf(values) });
    terminal.out(`DNS answers at ${place.host} port ${place.port}. Ctrl-C stops it.`);
    if (!terminal.signal.aborted) await new Promise((resolve) => terminal.signal.addEventListener('abort', resolve));
    await stop();
  },
};

function optionsOf(values: FlagValues) {
  const networks = { clients: listOf(values.allow) ?? [], upstreams: listOf(values.upstreams) };
  try {
    checkDnsNetworks(networks);
  } catch (error) {
    throw new UsageError(errorMessage(error));
  }
  const level = String(values['log-level']);
  if (!['debug', 'info', 'warn', 'error'].includes(level))
    throw new UsageError(`invalid argument "${level}" for "--log-level" flag: use debug, info, warn, error`);
  return {
    ...networks,
    log: createLog(level as LogLevel),
    host: ipOf('address', values.address)!,
    port: portOf('port', values.port),
    statusPort: portOf('status-port', values['status-port']) || undefined,
    domain: domainOf(values['cluster-domain']),
    clusterIp: ipOf('cluster-ip', values['cluster-ip']),
    name: String(values.name ?? hostname()).toLowerCase(),
  };
}

function listOf(value: unknown): string[] | undefined {
  return typeof value === 'string' ? value.split(',').flatMap((part) => part.trim() || []) : undefined;
}

function ipOf(name: string, value: FlagValues[string]): string | undefined {
  if (value !== undefined && isIP(String(value)) === 0)
    throw new UsageError(`invalid argument "${String(value)}" for "--${name}" flag: not an IP address`);
  return value === undefined ? undefined : String(value);
}

function portOf(name: string, value: unknown): number {
  const port = Number(value);
  if (port >= 0 && port <= 65_535) return port;
  throw new UsageError(`invalid argument "${port}" for "--${name}" flag: not a port`);
}

function domainOf(value: unknown): string {
  const domain = String(value).toLowerCase().replace(/\.$/, '');
  if (/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(domain)) return domain;
  throw new UsageError(`invalid argument "${domain}" for "--cluster-domain" flag: not a domain name`);
}
