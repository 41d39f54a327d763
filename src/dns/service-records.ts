import type { ClusterReader, EndpointFacts, PortFacts, ServiceFacts } from './cluster-state.ts';
import type { NameRecords, ZoneSettings } from './records.ts';
import { recordType } from './wire/constants.ts';
import { addressRecord, nameRecord, serviceRecord, type ResourceRecord } from './wire/record.ts';

/** A name of a service, or below it. */
export interface ServiceTarget {
  readonly name: string;
  readonly service: ServiceFacts;
  readonly cluster: ClusterReader;
  readonly settings: ZoneSettings;
}

/** `web.default.svc.cluster.local` */
export function serviceName({ namespace, name }: ServiceFacts, { domain }: ZoneSettings): string {
  return `${name}.${namespace}.svc.${domain}`;
}

/** The records of the service's own name. */
export function serviceRecords(target: ServiceTarget): NameRecords {
  const { name, service, settings } = target;
  if (service.externalName !== undefined)
    return { records: [nameRecord(name, recordType.CNAME, settings.ttl, service.externalName)] };
  const { records: ports, additional = [] } = recordsOfPorts(target, () => true);
  const ips = service.headless ? addressesOf(endpointsOf(target)) : service.ips;
  return { records: [...ips.map((ip) => addressRecord(name, settings.ttl, ip)), ...ports], additional };
}

/**
 * The records of `_http._tcp.web...`; `_tcp.web...` exists when some name below it does.
 * @param protocol with its underscore
 */
export function portRecords(
  target: ServiceTarget,
  protocol: string,
  port: string | undefined,
): NameRecords | undefined {
  if (port !== undefined && !port.startsWith('_')) return undefined;
  const wanted = (p: PortFacts) =>
    p.name !== '' && `_${p.protocol}` === protocol && (port === undefined || `_${p.name}` === port);
  const found = recordsOfPorts(target, wanted);
  if (found.records.length > 0) return port === undefined ? { records: [] } : found;
  // Without a ready endpoint the service still has the port.
  return target.service.ports.some(wanted) ? { records: [] } : undefined;
}

/** The addresses of one endpoint: `db-0.db...`, or `10-244-0-5.db...`. */
export function endpointRecords(target: ServiceTarget, hostname: string): NameRecords | undefined {
  const named = endpointsOf(target).filter((endpoint) => endpoint.hostname === hostname);
  if (named.length === 0) return undefined;
  return { records: addressesOf(named).map((ip) => addressRecord(target.name, target.settings.ttl, ip)) };
}

function endpointsOf({ service, cluster }: ServiceTarget): EndpointFacts[] {
  return cluster.endpoints(service.namespace, service.name);
}

function addressesOf(endpoints: readonly EndpointFacts[]): string[] {
  return [...new Set(endpoints.map(({ address }) => address))];
}

interface Destination {
  readonly port: number;
  readonly target: string;
  readonly ips: readonly string[];
}

/** SRV records, and the addresses of those that they name. */
function recordsOfPorts(target: ServiceTarget, wanted: (port: PortFacts) => boolean): NameRecords {
  const { name, service, settings } = target;
  const all = service.headless ? endpointDestinations(target, wanted) : serviceDestinations(target, wanted);
  // All are as good; the weights of one priority are parts of a hundred.
  const weight = Math.max(1, Math.floor(100 / Math.max(1, all.length)));
  const records = all.map(({ port, target: to }) =>
    serviceRecord(name, settings.ttl, { priority: 0, weight, port, target: to }),
  );
  return { records, additional: addresses(all, settings) };
}

function serviceDestinations(
  { service, settings }: ServiceTarget,
  wanted: (port: PortFacts) => boolean,
): Destination[] {
  const target = serviceName(service, settings);
  return distinct(service.ports.filter(wanted).map(({ port }) => ({ port, target, ips: service.ips })));
}

function endpointDestinations(target: ServiceTarget, wanted: (port: PortFacts) => boolean): Destination[] {
  const base = serviceName(target.service, target.settings);
  const found = endpointsOf(target).flatMap(({ address, hostname, ports }) =>
    ports.filter(wanted).map(({ port }) => ({ port, target: `${hostname}.${base}`, ips: [address] })),
  );
  return distinct(found);
}

/** A host of two addresses is one destination. */
function distinct(all: readonly Destination[]): Destination[] {
  const found = new Map<string, Destination>();
  for (const one of all) {
    const key = `${one.port} ${one.target}`;
    const ips = [...new Set([...(found.get(key)?.ips ?? []), ...one.ips])];
    found.set(key, { ...one, ips });
  }
  return [...found.values()];
}

function addresses(all: readonly Destination[], { ttl }: ZoneSettings): ResourceRecord[] {
  const ofHost = new Map(all.map(({ target, ips }) => [target, ips]));
  return [...ofHost].flatMap(([host, ips]) => ips.map((ip) => addressRecord(host, ttl, ip)));
}
