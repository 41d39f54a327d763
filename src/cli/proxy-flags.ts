import { isIP } from 'node:net';
import { isCidr } from '../apimachinery/ip-address.ts';
import type { ProxySettings } from '../cluster/settings.ts';
import { UsageError, type Flag, type FlagValues } from './flags.ts';

/** The flags of the proxies of all nodes, under upstream's names with a prefix where these say too little. */
export const proxyFlags: readonly Flag[] = [
  {
    name: 'nodeport-addresses',
    type: 'string',
    placeholder: 'CIDRS',
    help: "comma-separated networks in which nodes' addresses serve node ports (default: all)",
  },
  {
    name: 'masquerade-all',
    type: 'boolean',
    default: false,
    help: 'hide the source of all connections to cluster IPs, not only where answers would not find back',
  },
  {
    name: 'proxy-healthz-bind-address',
    type: 'string',
    placeholder: 'IP:PORT',
    help: 'where the proxy says whether it works (default 0.0.0.0:10256)',
  },
  {
    name: 'proxy-metrics-bind-address',
    type: 'string',
    placeholder: 'IP:PORT',
    help: 'where the proxy tells metrics (default 127.0.0.1:10249)',
  },
];

/** What they say. @throws UsageError */
export function proxySettings(values: FlagValues): ProxySettings {
  const networks = text('nodeport-addresses', values)
    ?.split(',')
    .flatMap((network) => network.trim() || []);
  const wrong = networks?.find((network) => !isCidr(network));
  if (wrong !== undefined) throw invalid('nodeport-addresses', wrong, 'not a network like 10.0.0.0/8');
  const [health, metrics] = [place('proxy-healthz-bind-address', values), place('proxy-metrics-bind-address', values)];
  return {
    ...(networks?.length && { nodePortAddresses: networks }),
    ...(values['masquerade-all'] === true && { masqueradeAll: true }),
    ...((health || metrics) && { status: { ...(health && { health }), ...(metrics && { metrics }) } }),
  };
}

/** `10.0.0.1`, `10.0.0.1:10256`, `[fd00::1]:10256`: upstream leaves the port out too. */
function place(name: string, values: FlagValues): { address: string; port?: number } | undefined {
  const value = text(name, values);
  if (value === undefined) return undefined;
  if (isIP(value)) return { address: value };
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(value) ?? [];
  const address = six ?? four ?? '';
  const number = Number(port);
  if (isIP(address) === (six ? 6 : 4) && number >= 1 && number <= 65_535) return { address, port: number };
  throw invalid(name, value, 'not an address and port like 0.0.0.0:10256');
}

function text(name: string, values: FlagValues): string | undefined {
  const value = values[name];
  return typeof value === 'string' && value ? value : undefined;
}

function invalid(name: string, value: string, why: string): UsageError {
  return new UsageError(`invalid argument "${value}" for "--${name}" flag: ${why}`);
}
