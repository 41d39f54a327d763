/** A set of indexes as intervals that neither touch nor overlap, in order; both ends belong to it. */
export type Indexes = readonly (readonly [first: number, last: number])[];

export const noIndexes: Indexes = [];

/**
 * Reads the form of `status.completedIndexes`, such as `1,3-5,7`, without the indexes from `completions` on: an elastic
 * job that became smaller forgets them. What cannot be read counts as nothing.
 */
export function parseIndexes(text: string | undefined, completions: number): Indexes {
  if (!text) return noIndexes;
  const intervals: [number, number][] = [];
  for (const part of text.split(',')) {
    const match = /^(\d{1,10})(?:-(\d{1,10}))?$/.exec(part);
    if (!match) return noIndexes;
    const first = Number(match[1]);
    const last = Math.min(Number(match[2] ?? match[1]), completions - 1);
    if (first <= last) intervals.push([first, last]);
  }
  return joined(intervals);
}

/** The form of `status.completedIndexes`: three or more in a row become `first-last`. */
export function formatIndexes(indexes: Indexes): string {
  return indexes
    .map(([first, last]) => (first === last ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`))
    .join(',');
}

/** How many they are. */
export function countOf(indexes: Indexes): number {
  return indexes.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

export function hasIndex(indexes: Indexes, index: number): boolean {
  let [low, high] = [0, indexes.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = indexes[middle]!;
    if (index < first) high = middle - 1;
    else if (index > last) low = middle + 1;
    else return true;
  }
  return false;
}

/** Both together. */
export function union(a: Indexes, b: Indexes): Indexes {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  return joined([...a, ...b].sort(([x], [y]) => x - y));
}

export function indexesOf(numbers: Iterable<number>): Indexes {
  return joined([...numbers].sort((a, b) => a - b).map((n) => [n, n]));
}

/** How many are in both. */
export function countCommon(a: Indexes, b: Indexes): number {
  let [i, j, count] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const [first, last] = [Math.max(a[i]![0], b[j]![0]), Math.min(a[i]![1], b[j]![1])];
    if (first <= last) count += last - first + 1;
    if (a[i]![1] < b[j]![1]) i++;
    else j++;
  }
  return count;
}

/** The first `count` indexes below `completions` that are not `taken`. */
export function firstMissing(taken: Indexes, count: number, completions: number): number[] {
  const found: number[] = [];
  let candidate = 0;
  for (const [first, last] of [...taken, [completions, completions] as const]) {
    const end = Math.min(first, completions);
    while (candidate < end && found.length < count) found.push(candidate++);
    if (found.length >= count) break;
    candidate = Math.max(candidate, last + 1);
  }
  return found;
}

function joined(sorted: readonly (readonly [number, number])[]): Indexes {
  const result: [number, number][] = [];
  for (const [first, last] of sorted) {
    const before = result.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else result.push([first, last]);
  }
  return result;
}
