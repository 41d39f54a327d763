import { isList, isMap, type Value } from './value.ts';

/** Functions that may have to look at everything in what they are given. */
const lookAtAll: ReadonlySet<string> = new Set(['==', '!=', 'in']);

/**
 * How much a function has to read of its arguments, in characters and items. Lists that hold the same list many times,
 * level upon level, are small in memory and endless to compare: counting ends at `most`.
 */
export function readCost(name: string, args: readonly Value[], most: number): number {
  if (lookAtAll.has(name)) return args.reduce((sum: number, arg) => sum + extent(arg, most), 0);
  const lengths = args.map((arg) => (typeof arg === 'string' ? arg.length : 0));
  // Looking for one string in another may compare each character of the one with each of the other.
  if (name === 'contains') return lengths.reduce((product, length) => product * Math.max(1, length / 10), 1);
  return lengths.reduce((sum, length) => sum + length, 0);
}

function extent(value: Value, most: number): number {
  let found = 0;
  const left: Value[] = [value];
  while (left.length > 0 && found <= most) {
    const one = left.pop()!;
    if (typeof one === 'string') found += one.length;
    else if (one !== null && (isList(one) || isMap(one))) {
      found += isList(one) ? one.length : one.size;
      if (found <= most) for (const item of one.values()) left.push(item);
    }
  }
  return found;
}
