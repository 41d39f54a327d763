import { BlockList, isIPv6 } from 'node:net';

const RANGES: readonly [name: string, v4: [string, number], v6: [string, number]][] = [
  ['unspecified (0.0.0.0 or ::)', ['0.0.0.0', 32], ['::', 128]],
  ['in the loopback range (127.0.0.0/8, ::1/128)', ['127.0.0.0', 8], ['::1', 128]],
  ['in the link-local range (169.254.0.0/16, fe80::/10)', ['169.254.0.0', 16], ['fe80::', 10]],
  ['in the link-local multicast range (224.0.0.0/24, ff02::/10)', ['224.0.0.0', 24], ['ff02::', 16]],
];

const lists = RANGES.map(([name, v4, v6]) => {
  const list = new BlockList();
  list.addSubnet(...v4, 'ipv4');
  list.addSubnet(...v6, 'ipv6');
  return { name, list };
});

/** How every address of the ranges begins; all others need no closer look, and there may be many of them. */
const CANDIDATE = /^(?:0|127|169|224)\.|^[0:f]/i;

/** Why a valid address cannot be reached from elsewhere; nothing when it can. */
export function specialAddress(address: string): string[] {
  if (!CANDIDATE.test(address)) return [];
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  return lists.filter(({ list }) => list.check(address, family)).map(({ name }) => `may not be ${name}`);
}
