import { ipFamily, ipToNumber, isIp, kernelCidr, kernelIp, parseCidr } from '../apimachinery/ip-address.ts';
import type { Family } from './model.ts';

/** The address in the form in which iptables shows it; undefined when it is none of the family. */
export function addressOf(family: Family, ip: string): string | undefined {
  return isIp(ip) && ipFamily(ip) === family ? kernelIp(ip) : undefined;
}

/** `address/prefix length` with all bits behind the prefix 0, as iptables shows it; undefined when it is none of the family. */
export function networkOf(family: Family, cidr: string): string | undefined {
  const range = parseCidr(cidr);
  return range?.family === family ? kernelCidr(range) : undefined;
}

/** The one of several comma-separated ranges that is of the family, as `--cluster-cidr` names them. */
export function cidrOf(family: Family, cidrs: string | undefined): string | undefined {
  return cidrs
    ?.split(',')
    .map((cidr) => networkOf(family, cidr.trim()))
    .find(Boolean);
}

/** The lowest six bits of an address. */
export function lowBits(ip: string): number {
  return Number(ipToNumber(ip) & 63n);
}
