import type { Service } from '../../api/core-v1/service.ts';

/**
 * The variables by which containers find services, in the format Docker's links had: `WEB_SERVICE_HOST`,
 * `WEB_SERVICE_PORT`, `WEB_SERVICE_PORT_HTTP`, `WEB_PORT_80_TCP_ADDR` and so on.
 */
export function serviceEnv(services: readonly Service[]): Map<string, string> {
  const env = new Map<string, string>();
  for (const { metadata, spec } of services) {
    const ip = spec?.clusterIP;
    const ports = spec?.ports ?? [];
    if (!ip || ip === 'None' || ports.length === 0) continue;
    const name = variableName(metadata.name);
    env.set(`${name}_SERVICE_HOST`, ip);
    env.set(`${name}_SERVICE_PORT`, String(ports[0]!.port));
    for (const port of ports)
      if (port.name) env.set(`${name}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
    ports.forEach(({ port, protocol = 'TCP' }, i) => {
      const url = `${protocol.toLowerCase()}://${host(ip)}:${port}`;
      if (i === 0) env.set(`${name}_PORT`, url);
      const prefix = `${name}_PORT_${port}_${protocol.toUpperCase()}`;
      env.set(prefix, url);
      env.set(`${prefix}_PROTO`, protocol.toLowerCase());
      env.set(`${prefix}_PORT`, String(port));
      env.set(`${prefix}_ADDR`, ip);
    });
  }
  return env;
}

function host(ip: string): string {
  return ip.includes(':') ? `[${ip}]` : ip;
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
