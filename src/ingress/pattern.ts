/** The longest pattern, in characters. */
const LONGEST = 256;
/** Each part that may match any length multiplies the time that a match can take. */
const MOST_REPEATS = 2;

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
  if ((bare.match(/[*+{]/g)?.length ?? 0) > MOST_REPEATS) {
    return `a pattern must not have more than ${MOST_REPEATS} repeated parts`;
  }
  try {
    return new RegExp(`^${path}`, 'i');
  } catch {
    return 'it is not a regular expression';
  }
}

/** The path with which a request goes on: `$1` to `$9` in `rewrite` become what the groups of `match` hold. */
export function rewritten(rewrite: string, match: readonly (string | undefined)[] | undefined): string {
  const path = rewrite.replace(/\$(\d)/g, (_, digit: string) => match?.[Number(digit)] ?? '');
  return path.startsWith('/') ? path : `/${path}`;
}
