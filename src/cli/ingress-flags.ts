import { isIP } from 'node:net';
import type { IngressSettings } from '../cluster/ingress.ts';
import { UsageError, type Flag, type FlagValues } from './flags.ts';

/** The flags of the ingress controller, for those who run one. */
export const ingressFlags: readonly Flag[] = [
  { name: 'ingress-http-port', type: 'integer', default: 80, help: 'port of the ingress controller for http' },
  { name: 'ingress-https-port', type: 'integer', default: 443, help: 'port of the ingress controller for https' },
  {
    name: 'ingress-address',
    type: 'string',
    placeholder: 'IP',
    help: 'address the ingress controller listens on (default: all)',
  },
  {
    name: 'ingress-metrics-port',
    type: 'integer',
    default: 0,
    help: 'port on 127.0.0.1 for metrics of the ingress controller (0: none)',
  },
  {
    name: 'ingress-publish-address',
    type: 'string',
    placeholder: 'ADDRESSES',
    help: 'comma-separated addresses or names that Ingresses show in their status (default: that of the node)',
  },
];

/** What they say. @throws UsageError */
export function ingressSettings(values: FlagValues): IngressSettings {
  const address = values['ingress-address'];
  if (typeof address === 'string' && isIP(address) === 0)
    throw new UsageError(`invalid argument "${address}" for "--ingress-address" flag: not an IP address`);
  const publish = values['ingress-publish-address'];
  return {
    httpPort: port('ingress-http-port', values),
    httpsPort: port('ingress-https-port', values),
    metricsPort: values['ingress-metrics-port'] ? port('ingress-metrics-port', values) : 0,
    ...(typeof address === 'string' && { address }),
    ...(typeof publish === 'string' && { publish: publish.split(',').map((one) => one.trim()) }),
  };
}

function port(name: string, values: FlagValues): number {
  const number = Number(values[name]);
  if (number >= 1 && number <= 65_535) return number;
  throw new UsageError(`invalid argument "${number}" for "--${name}" flag: not a port (1 to 65535)`);
}
