import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { badRequest } from '../../../apimachinery/api-error.ts';

/** Addresses that mean this machine or its link: nobody may reach those through the API server. */
const special = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 32],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
] as const) {
  special.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 128],
  ['::1', 128],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  special.addSubnet(network, bits, 'ipv6');
}

/** Whether requests may be passed on to the address: loopback, link-local, multicast and the like are not for others. */
export function isProxyable(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !special.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** @throws ApiError BadRequest when it is no address to pass requests on to */
export function demandProxyable(address: string): void {
  if (!isProxyable(address)) throw badRequest('address not allowed');
}

/**
 * Checks a host name by all of its addresses and answers one of them: whatever the name means a moment later, that is
 * where the request goes.
 * @throws ApiError BadRequest
 */
export async function proxyableAddress(host: string): Promise<string> {
  if (isIP(host)) {
    demandProxyable(host);
    return host;
  }
  const found = await lookup(host, { all: true }).catch(() => []);
  if (found.length === 0) throw badRequest(`no addresses for hostname`);
  for (const { address } of found) demandProxyable(address);
  return found[0]!.address;
}

const schemes: Readonly<Record<string, 'http' | 'https'>> = { '': 'http', http: 'http', https: 'https' };

/** The parts of `name`, `name:port` or `scheme:name:port`. */
export interface SchemeNamePort {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  /** A number or a port's name; empty for none. */
  readonly port: string;
}

/** Reads the name in the path of a proxy request. `what` names the sort of it. @throws ApiError BadRequest */
export function splitSchemeNamePort(id: string, what: string): SchemeNamePort {
  const parts = id.split(':');
  const [scheme, name, port] = parts.length === 3 ? parts : ['', ...parts];
  if (parts.length > 3 || !name || !Object.hasOwn(schemes, scheme!)) {
    throw badRequest(`invalid ${what} request ${JSON.stringify(id)}`);
  }
  return { scheme: schemes[scheme!]!, name, port: port ?? '' };
}

/** @throws ApiError BadRequest when the text is no port's number */
export function portNumber(port: string): number {
  const number = /^[0-9]{1,5}$/.test(port) ? Number(port) : NaN;
  if (!(number >= 1 && number <= 65_535)) throw badRequest(`invalid port ${JSON.stringify(port)}`);
  return number;
}
