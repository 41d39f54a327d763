import { isIP, isIPv4, isIPv6 } from 'node:net';

export const IP_RULE = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
export const CIDR_RULE = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/** Whether `text` is an IPv4 or IPv6 address without a zone. */
export function isIp(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

/** Whether `text` is an address, a slash and a prefix length. */
export function isCidr(text: string): boolean {
  const slash = text.indexOf('/');
  const address = text.slice(0, slash);
  const bits = text.slice(slash + 1);
  if (slash < 0 || !isIp(address) || !/^[0-9]{1,3}$/.test(bits)) return false;
  return Number(bits) <= (isIPv6(address) ? 128 : 32);
}

/** The IP family of an address as services name it. */
export function ipFamily(address: string): 'IPv4' | 'IPv6' {
  return isIPv4(address) ? 'IPv4' : 'IPv6';
}
