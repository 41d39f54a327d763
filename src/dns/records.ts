import { isIPv4, isIPv6 } from 'node:net';
import type { ClusterReader } from './cluster-state.ts';
import { reverseRecords } from './reverse-records.ts';
import { endpointRecords, portRecords, serviceRecords } from './service-records.ts';
import { rcode, recordType } from './wire/constants.ts';
import { isBelow, labelsOf } from './wire/name.ts';
import { addressRecord, authorityRecord, nameRecord, textRecord, type ResourceRecord } from './wire/record.ts';

/** The version of the specification of Kubernetes' DNS that the records follow. */
const SPECIFICATION = '1.1.0';

/** What answers depend on besides the cluster. */
export interface ZoneSettings {
  /** The cluster's domain, as `cluster.local`. */
  readonly domain: string;
  /** Seconds that answers may be remembered, absences too. */
  readonly ttl: number;
  /** Grows with every change: the serial number of the zone. */
  readonly serial: number;
}

/** What the cluster knows of a name. */
export interface ZoneAnswer {
  readonly rcode: number;
  readonly answers: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  /** The zone's own record, with an answer of nothing. */
  readonly authority: readonly ResourceRecord[];
  /** The name that is to be asked next: the answer is an alias. */
  readonly next?: string | undefined;
}

/** The records of one name, of all types, and those that go with them. */
export interface NameRecords {
  readonly records: readonly ResourceRecord[];
  readonly additional?: readonly ResourceRecord[];
}

/** A name that exists and has no records: something lies below it. */
const emptyName: NameRecords = { records: [] };

/**
 * What is answered to a question, by the specification of Kubernetes' DNS. Pure.
 * @param name in small letters
 * @returns undefined when the name is not the cluster's, so that somebody else has to be asked
 */
export function zoneAnswer(
  name: string,
  type: number,
  cluster: ClusterReader,
  settings: ZoneSettings,
): ZoneAnswer | undefined {
  if (!isBelow(name, settings.domain)) {
    const records = reverseRecords(name, cluster, settings);
    return records && answerOf(records, type, settings);
  }
  const labels = labelsOf(name.slice(0, Math.max(0, name.length - settings.domain.length - 1)));
  return answerOf(recordsAt(name, labels, cluster, settings), type, settings);
}

function answerOf(found: NameRecords | undefined, type: number, settings: ZoneSettings): ZoneAnswer {
  const authority = [zoneAuthority(settings)];
  if (!found) return { rcode: rcode.NXDOMAIN, answers: [], additional: [], authority };
  const alias = found.records.find((record) => record.type === recordType.CNAME);
  if (alias) {
    const next = type === recordType.CNAME ? undefined : (alias.data[0] as string);
    return { rcode: rcode.NOERROR, answers: [alias], additional: [], authority: [], next };
  }
  const answers = found.records.filter((record) => record.type === type);
  if (answers.length === 0) return { rcode: rcode.NOERROR, answers, additional: [], authority };
  const withMore = type === recordType.SRV || type === recordType.NS;
  return { rcode: rcode.NOERROR, answers, additional: (withMore && found.additional) || [], authority: [] };
}

/** Undefined: there is no such name. */
function recordsAt(
  name: string,
  labels: readonly string[],
  cluster: ClusterReader,
  settings: ZoneSettings,
): NameRecords | undefined {
  const [below, namespace, ...rest] = labels.toReversed();
  if (below === undefined) return apexRecords(cluster, settings);
  if (below === 'dns-version' && !namespace) return { records: [textRecord(name, settings.ttl, SPECIFICATION)] };
  if (below === 'dns') return ownRecords(name, labels, cluster, settings);
  if (below !== 'svc' && below !== 'pod') return undefined;
  if (namespace === undefined) return emptyName;
  if (!cluster.hasNamespace(namespace)) return undefined;
  if (rest.length === 0) return emptyName;
  if (below === 'pod') return podRecords(name, rest, settings);
  return recordsOfService(name, namespace, rest, cluster, settings);
}

function recordsOfService(
  name: string,
  namespace: string,
  [serviceName = '', ...rest]: readonly string[],
  cluster: ClusterReader,
  settings: ZoneSettings,
): NameRecords | undefined {
  const service = cluster.service(namespace, serviceName);
  if (!service || rest.length > 2) return undefined;
  const target = { name, service, cluster, settings };
  const [first, port] = rest;
  if (first === undefined) return serviceRecords(target);
  if (service.externalName !== undefined) return undefined;
  return first.startsWith('_')
    ? portRecords(target, first, port)
    : port === undefined
      ? endpointRecords(target, first)
      : undefined;
}

/** `10-244-0-5.default.pod.cluster.local`: whatever address is asked for, as CoreDNS' `pods insecure`. */
function podRecords(name: string, [dashed = '', ...more]: readonly string[], settings: ZoneSettings) {
  const address = /^\d+-\d+-\d+-\d+$/.test(dashed) ? dashed.replaceAll('-', '.') : dashed.replaceAll('-', ':');
  if (more.length > 0 || !(isIPv4(address) || isIPv6(address))) return undefined;
  return { records: [addressRecord(name, settings.ttl, address)] };
}

/** The name of the zone's server when the service by which it is reached is not there. */
const OWN_SERVICE = { namespace: 'kube-system', name: 'kube-dns' };

function apexRecords(cluster: ClusterReader, settings: ZoneSettings): NameRecords {
  const { domain, ttl } = settings;
  const { namespace, name } = OWN_SERVICE;
  const ips = cluster.service(namespace, name)?.ips ?? [];
  const server = ips.length > 0 ? `${name}.${namespace}.svc.${domain}` : `ns.dns.${domain}`;
  return {
    records: [zoneAuthority(settings), nameRecord(domain, recordType.NS, ttl, server)],
    additional: ips.map((ip) => addressRecord(server, ttl, ip)),
  };
}

/** `ns.dns.cluster.local`, whom the zone's SOA record names. */
function ownRecords(name: string, labels: readonly string[], cluster: ClusterReader, { ttl }: ZoneSettings) {
  if (labels.length === 1) return emptyName;
  if (labels.length > 2 || labels[0] !== 'ns') return undefined;
  const ips = cluster.service(OWN_SERVICE.namespace, OWN_SERVICE.name)?.ips ?? [];
  return { records: ips.map((ip) => addressRecord(name, ttl, ip)) };
}

function zoneAuthority({ domain, ttl, serial }: ZoneSettings): ResourceRecord {
  const times = { refresh: 7200, retry: 1800, expire: 86_400 };
  return authorityRecord(domain, ttl, {
    server: `ns.dns.${domain}`,
    mailbox: `hostmaster.${domain}`,
    serial,
    ...times,
  });
}
