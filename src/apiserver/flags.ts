import type { ApiServerOptions } from './server.ts';

/**
 * How the server is set, by the names of upstream's flags. Each is named here, so that nothing secret (keys, tokens) can
 * get in by being an option.
 */
export function flagsOf(options: ApiServerOptions, serviceCidr: string): Readonly<Record<string, string>> {
  const { nodePortRange: ports, maxRequestsInFlight: limits, admission } = options;
  return {
    'advertise-address': options.advertiseAddress ?? '',
    'allow-privileged': 'true',
    ...(admission && { 'enable-admission-plugins': `[${admission.map((plugin) => plugin.name).join(',')}]` }),
    'max-mutating-requests-inflight': String(limits?.mutating ?? 200),
    'max-requests-inflight': String(limits?.readOnly ?? 400),
    'request-timeout': duration(options.requestTimeout ?? 60_000),
    'service-cluster-ip-range': serviceCidr,
    'service-node-port-range': `${ports?.first ?? 30000}-${ports?.last ?? 32767}`,
    'shutdown-delay-duration': duration(options.shutdownDelay ?? 0),
    'strict-transport-security-directives': `[${options.strictTransportSecurity ?? ''}]`,
  };
}

/** As Go writes durations: `1m0s`, `0s`. */
function duration(ms: number): string {
  const seconds = ms / 1000;
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return `${h > 0 ? `${h}h` : ''}${h > 0 || m > 0 ? `${m}m` : ''}${s}s`;
}
