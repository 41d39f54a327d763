import { isIPv4 } from 'node:net';
import { addressBits, ipToNumber, isIp, numberToIp, parseCidr, type IpFamily } from '../../apimachinery/ip-address.ts';

const FUTURE = 'will be considered invalid in a future Kubernetes release';
/** IPv4 addresses as IPv6 has them: `::ffff:1.2.3.4`. */
const MAPPED = 0xffffn;

/** What the writer of a valid address is told, when others could take it for another one. */
export function ipWarnings(field: string, ip: string): string[] {
  if (!isIp(ip) || isIPv4(ip)) return [];
  const value = ipToNumber(ip);
  if (isMapped(value)) {
    return [`${field}: non-standard IP address "${ip}" ${FUTURE}: use "${numberToIp(lower(value), 'IPv4')}"`];
  }
  const canonical = numberToIp(value, 'IPv6');
  if (canonical === ip) return [];
  return [`${field}: IPv6 address "${ip}" should be in RFC 5952 canonical format ("${canonical}")`];
}

/** The same of a valid range: its address is its first, its length has no zeros in front. */
export function cidrWarnings(field: string, cidr: string): string[] {
  const parsed = parseCidr(cidr);
  if (!parsed) return [];
  const range = rangeOf(parsed.address, parsed.family, parsed.prefix);
  const length = cidr.slice(cidr.indexOf('/') + 1);
  const warnings: string[] = [];
  if (range.first !== range.value) {
    const single = `${numberToIp(range.value, range.family)}/${addressBits[parsed.family]}`;
    warnings.push(
      `${field}: CIDR value "${cidr}" is ambiguous in this context (should be "${range.text}" or "${single}"?)`,
    );
  }
  const standard = length === String(Number(length)) && range.family === parsed.family;
  const canonical = `${numberToIp(range.value, range.family)}/${length}`;
  if (!standard) warnings.push(`${field}: non-standard CIDR value "${cidr}" ${FUTURE}: use "${range.text}"`);
  else if (range.family === 'IPv6' && canonical !== cidr) {
    warnings.push(`${field}: IPv6 CIDR value "${cidr}" should be in RFC 5952 canonical format ("${canonical}")`);
  }
  return warnings;
}

interface Range {
  readonly family: IpFamily;
  readonly value: bigint;
  readonly first: bigint;
  readonly text: string;
}

/** A range as it is shown; one of mapped addresses is one of IPv4. */
function rangeOf(value: bigint, family: IpFamily, length: number): Range {
  if (family === 'IPv6' && isMapped(value) && length >= 96) return rangeOf(lower(value), 'IPv4', length - 96);
  const host = BigInt(addressBits[family] - length);
  const first = (value >> host) << host;
  return { family, value, first, text: `${numberToIp(first, family)}/${length}` };
}

function isMapped(value: bigint): boolean {
  return value >> 32n === MAPPED;
}

function lower(value: bigint): bigint {
  return value & 0xffff_ffffn;
}
