/**
 * The first thing that a program which imports the package comes upon: it says in a sentence what an older Node.js would
 * say with a stack trace, far from here.
 */
const LEAST = [22, 15] as const;

/** Why this version of Node.js (`22.15.0`) cannot run a cluster in its own process; undefined when it can. */
export function unfitNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return undefined;
  return (
    `A cluster inside your process needs Node.js ${LEAST.join('.')} or newer, but this is ${version}. Run your tests on ` +
    'a newer one, or run `cox up`, which brings its own.'
  );
}
