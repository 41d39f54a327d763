/** What V8 says of a pattern, and what Go says of the same. */
const IN_GO: readonly (readonly [RegExp, (pattern: string) => string])[] = [
  [/Unterminated group/, (pattern) => `missing closing ): \`${pattern}\``],
  [/Unmatched '\)'/, (pattern) => `unexpected ): \`${pattern}\``],
  [/Unterminated character class/, (pattern) => `missing closing ]: \`${pattern.slice(pattern.lastIndexOf('['))}\``],
  [
    /Nothing to repeat/,
    (pattern) => `missing argument to repetition operator: \`${/[*+?]/.exec(pattern)?.[0] ?? ''}\``,
  ],
  [/\\ at end of pattern/, () => 'trailing backslash at end of expression: ``'],
  [/out of order in character class/, (pattern) => `invalid character class range: \`${/.-./.exec(pattern)?.[0]}\``],
];

/** What V8 knows and Go does not: looking around, and what was matched before. */
const UNKNOWN_TO_GO = /\(\?(?:<?[=!])|\\[1-9]/;

/**
 * Why a pattern is none in Go's RE2, in its words; undefined when it is one. What only Go knows (flags in front, names of
 * groups, classes by name) is taken as it is.
 */
export function goPatternError(pattern: string): string | undefined {
  const plain = pattern.replace(/\\[^1-9]/gs, '__').replace(/\[[^\]]*\]/g, '_');
  const unknown = UNKNOWN_TO_GO.exec(plain)?.[0];
  if (unknown?.startsWith('\\')) return `error parsing regexp: invalid escape sequence: \`${unknown}\``;
  if (unknown) return `error parsing regexp: invalid or unsupported Perl syntax: \`${unknown}\``;
  try {
    RegExp(pattern.replaceAll(/\(\?[a-zA-Z-]+(:)?/g, (_, colon) => (colon ? '(?:' : '(')).replaceAll('(P<', '(?<'));
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    const known = IN_GO.find(([said]) => said.test(message));
    return `error parsing regexp: ${known ? known[1](pattern) : message}`;
  }
}
