import { isIPv4 } from 'node:net';
import { canonicalIp } from '../apimachinery/ip-address.ts';
import type { ClusterReader } from './cluster-state.ts';
import type { NameRecords, ZoneSettings } from './records.ts';
import { serviceName } from './service-records.ts';
import { recordType } from './wire/constants.ts';
import { nameRecord } from './wire/record.ts';

/**
 * The names of an address: that of the service whose cluster IP it is, else those of the endpoints with it.
 * @param name as `1.0.96.10.in-addr.arpa`
 * @returns undefined when the cluster knows nothing of it, so that somebody else has to be asked
 */
export function reverseRecords(name: string, cluster: ClusterReader, settings: ZoneSettings): NameRecords | undefined {
  const address = addressOf(name);
  if (address === undefined) return undefined;
  const hosts = hostsOf(address, cluster, settings);
  if (hosts.length === 0) return undefined;
  return { records: hosts.map((host) => nameRecord(name, recordType.PTR, settings.ttl, host)) };
}

function hostsOf(address: string, cluster: ClusterReader, settings: ZoneSettings): string[] {
  const service = cluster.serviceOfIp(address);
  if (service) return [serviceName(service, settings)];
  const found = cluster.endpointsOfIp(address);
  return [...new Set(found.map((f) => `${f.endpoint.hostname}.${serviceName(f.service, settings)}`))];
}

/** The address that a name for looking up names is of. */
export function addressOf(name: string): string | undefined {
  const four = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  if (four) {
    const address = four.slice(1).toReversed().join('.');
    return isIPv4(address) ? address : undefined;
  }
  const six = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name);
  if (!six) return undefined;
  const digits = six[1]!.replaceAll('.', '').split('').toReversed().join('');
  return canonicalIp(digits.match(/.{4}/g)!.join(':'));
}
