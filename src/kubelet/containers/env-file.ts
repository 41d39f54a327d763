import { constants } from 'node:fs';
import { open, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes: a file that is longer is none of variables. */
const LONGEST = 2 ** 20;

/**
 * Reads the variables of a file in a volume of the pod (KEP-3721). Containers of the pod write there, so a link must not
 * lead out of the volume: what was opened is looked at, not what stood at the path before.
 * @returns undefined when there is no such file
 * @throws Error with a sentence when it cannot be read or is not of this form
 */
export async function readEnvFile(volume: string, path: string): Promise<Map<string, string> | undefined> {
  let file;
  try {
    file = await open(join(volume, path), constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const [root, found] = await Promise.all([realpath(volume), readlink(`/proc/self/fd/${file.fd}`)]);
    if (!found.startsWith(`${root}/`)) throw new Error(`the env file "${path}" leads out of its volume`);
    const info = await file.stat();
    if (!info.isFile()) throw new Error(`the env file "${path}" is no regular file`);
    if (info.size > LONGEST) throw new Error(`the env file "${path}" is longer than ${LONGEST} bytes`);
    return parseEnvFile(await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}

const NAME = /[ \t]*([A-Za-z_][-._A-Za-z0-9]*)='/y;
const BLANK = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y;

/**
 * Reads `NAME='value'` lines: the value is what stands between the quotes, as it is, over several lines if need be. Empty
 * lines and lines of comment are left out; the last value of a name counts.
 * @throws Error that names the line which is none of these
 */
export function parseEnvFile(source: string): Map<string, string> {
  const text = source.replaceAll('\r\n', '\n');
  const variables = new Map<string, string>();
  for (let at = 0; at < text.length;) {
    const blank = matchAt(BLANK, text, at);
    if (blank) {
      at += blank[0].length;
      continue;
    }
    const name = matchAt(NAME, text, at);
    const start = at + (name?.[0].length ?? 0);
    const end = name ? text.indexOf("'", start) : -1;
    const rest = end < 0 ? undefined : matchAt(BLANK, text, end + 1);
    if (!name || !rest) throw new Error(`invalid environment variable format at line ${lineOf(text, at)}`);
    variables.set(name[1]!, text.slice(start, end));
    at = end + 1 + rest[0].length;
  }
  return variables;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found && (found[0] || at === text.length) ? found : undefined;
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}
