import { parseCidr } from '../../apimachinery/ip-address.ts';

/** Whether the range `inner` lies within `outer` and is smaller; false when one of them is no range. */
export function isStrictSubset(inner: string, outer: string): boolean {
  const [a, b] = [parseCidr(inner), parseCidr(outer)];
  if (!a || !b || a.family !== b.family) return false;
  return a.prefix > b.prefix && b.first <= a.first && a.last <= b.last;
}
