import { isIPv4 } from 'node:net';
import { blockListOf } from '../apimachinery/ip-address.ts';

/** Loopback, private and link-local networks: pods, nodes, and what else is on the same network as these. */
export const privateNetworks: readonly string[] = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
];

const MOST_REMEMBERED = 10_000;

/**
 * Tells who may ask: a server that finds out everything for everybody is used against others.
 * @param networks CIDRs or addresses
 */
export function servesOnly(networks: readonly string[]): (address: string) => boolean {
  const list = blockListOf(networks);
  const remembered = new Map<string, boolean>();
  return (address) => {
    let served = remembered.get(address);
    if (served !== undefined) return served;
    const plain = address.replace(/^::ffff:(?=\d+\.)/, '').split('%')[0]!;
    served = list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(address, served);
    return served;
  };
}
