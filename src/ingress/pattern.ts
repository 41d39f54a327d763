/** The longest pattern, in characters. */
const LONGEST = 256;
/** Each part that may match any length multiplies the time that a match can take. */
const MOST_REPEATS = 2;
/** The longest path, in characters, that is compared with patterns. */
export const LONGEST_MATCHED = 2048;

/** In so many ways, at most, may a pattern be tried on such a path. */
const MOST_WAYS = 2 ** 26;

/**
 * The regular expression of a path, as ingress-nginx takes it: from the path's beginning, upper and lower case alike.
 * Only what is matched in a time that hardly grows with the path is accepted, for a request must not stall all others.
 * @returns a sentence that says what is wrong with it when it is not accepted
 */
export function compilePattern(path: string): RegExp | string {
  if (path.length > LONGEST) return `the pattern is longer than ${LONGEST} characters`;
  const bare = path.replace(/\\[^\d]/g, '_').replace(/\[[^\]]*\]/g, '_');
  if (/\\\d|\(\?(?!:)/.test(bare)) return 'patterns must not look around or refer back';
  if (/\)[*+{]/.test(bare)) return 'groups of a pattern must not be repeated';
  const repeats = bare.match(/[*+{]/g)?.length ?? 0;
  if (repeats > MOST_REPEATS) {
    return `a pattern must not have more than ${MOST_REPEATS} repeated parts`;
  }
  if (combinations(bare) * LONGEST_MATCHED ** repeats > MOST_WAYS)
    return 'the pattern has too many alternatives and optional parts';
  try {
    return new RegExp(`^${path}`, 'i');
  } catch {
    return 'it is not a regular expression';
  }
}

/** In how many ways all alternatives and optional parts can be chosen together, at most. */
function combinations(bare: string): number {
  const plain = bare.replaceAll('(?:', '(').replace(/([*+?}])\?/g, '$1');
  let all = 2 ** (plain.match(/\?/g)?.length ?? 0);
  const open = [1]; // alternatives of the groups that we are in
  for (const character of plain) {
    if (character === '(') open.push(1);
    else if (character === '|') open[open.length - 1]!++;
    else if (character === ')') all *= open.length > 1 ? open.pop()! : 1;
  }
  return open.reduce((product, alternatives) => product * alternatives, all);
}

/** The path with which a request goes on: `$1` to `$9` in `rewrite` become what the groups of `match` hold. */
export function rewritten(rewrite: string, match: readonly (string | undefined)[] | undefined): string {
  const path = rewrite.replace(/\$(\d)/g, (_, digit: string) => match?.[Number(digit)] ?? '');
  return path.startsWith('/') ? path : `/${path}`;
}
