import { isIP } from 'node:net';
import { addressBits, kernelCidr, kernelIp, parseCidr } from '../apimachinery/ip-address.ts';
import type { Family } from './pods.ts';
import type { AddressBlock } from './policy.ts';

export function familyOfBlock({ cidr }: AddressBlock): Family {
  return isIP(cidr.split('/')[0]!) === 6 ? 6 : 4;
}

/**
 * The members of a set of ranges that holds a block's addresses and not those that it excepts: the narrowest range that
 * holds an address decides. A set cannot hold the range of all addresses, so that becomes its two halves.
 */
export function blockMembers(block: AddressBlock): ReadonlySet<string> {
  const halves = familyOfBlock(block) === 6 ? ['::/1', '8000::/1'] : ['0.0.0.0/1', '128.0.0.0/1'];
  const own = block.cidr.endsWith('/0') ? halves : [canonicalRange(block.cidr)];
  return new Set([...own, ...block.except.map((range) => `${canonicalRange(range)} nomatch`)]);
}

/** As the kernel writes a range or an address: without bits beyond the prefix, and a range of one address as that. */
export function canonicalRange(text: string): string {
  const range = parseCidr(text);
  if (!range) return kernelIp(text);
  const written = kernelCidr(range);
  return range.prefix === addressBits[range.family] ? written.slice(0, written.indexOf('/')) : written;
}
