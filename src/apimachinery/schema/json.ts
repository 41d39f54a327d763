import { badRequest } from '../api-error.ts';

/** What `parseJson` found. */
export interface ParsedJson {
  readonly value: unknown;
  /** Paths of keys that occur twice in one object, e.g. `spec.replicas`; the last one wins. */
  readonly duplicates: readonly string[];
}

/** Deeper than any honest object, and shallow enough for every recursive function to stay within the stack. */
const DEEPEST = 1000;
const NO_DUPLICATES: readonly string[] = [];

const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Parses a request body. `duplicates` asks for keys that occur twice, at the cost of a scan. `expected` is the kind that
 * the error message names. Numbers become JavaScript numbers: the decoder refuses integers beyond 2^53 where the
 * schema has an int64, so that none is altered silently.
 * @throws ApiError BadRequest when it is not JSON, nested too deeply, or has a key `__proto__`
 */
export function parseJson(
  body: Buffer | string,
  options: { duplicates?: boolean; expected?: string } = {},
): ParsedJson {
  const text = typeof body === 'string' ? body : body.toString('utf8');
  const counted = options.duplicates || text.length > 2 * DEEPEST ? count(text) : undefined;
  if (counted && counted.depth > DEEPEST) throw badRequest(`json: exceeded max depth of ${DEEPEST}`);
  const value = parse(text, options.expected);
  // An escaped `_` could spell the name as well.
  if (text.includes('__proto__') || text.includes('\\u005')) refuseProto(value);
  const duplicated = options.duplicates && counted!.colons !== countKeys(value);
  return { value, duplicates: duplicated ? findDuplicates(text) : NO_DUPLICATES };
}

function parse(text: string, expected: string | undefined): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const what = expected ? `the object provided is unrecognized (must be of type ${expected}): ` : '';
    const empty = text === '' ? ' (<empty>)' : '';
    throw badRequest(`${what}couldn't get version/kind; json parse error: ${reason(error as Error)}${empty}`);
  }
}

/** The engine's message without its excerpt of the body, which may hold a secret. */
function reason(error: Error): string {
  const text = error.message.replace(/,? (?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON$/s, '');
  return text[0]!.toLowerCase() + text.slice(1);
}

/** The index behind the string that begins at `start`, or the text's length when it never ends. */
function skipString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
  return text.length;
}

/** How deep the text nests, and how many keys its objects have, without parsing it. */
function count(text: string): { depth: number; colons: number } {
  let depth = 0;
  let deepest = 0;
  let colons = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) i = skipString(text, i) - 1;
    else if (c === COLON) colons++;
    else if (c === OPEN_OBJECT || c === OPEN_ARRAY) deepest = Math.max(deepest, ++depth);
    else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) depth--;
  }
  return { depth: deepest, colons };
}

/** How many keys the objects inside `value` have. Fewer than colons in the text means that some occurred twice. */
function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) keys += countKeys(item);
    return keys;
  }
  for (const key in value) keys += 1 + countKeys((value as Record<string, unknown>)[key]);
  return keys;
}

function refuseProto(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, '__proto__')) throw badRequest('the key "__proto__" is not allowed: choose another one');
  for (const item of Object.values(value)) refuseProto(item);
}

interface Frame {
  readonly path: string;
  /** The keys seen so far; absent in an array. */
  readonly keys: Set<string> | undefined;
  index: number;
  /** The path of the member that is being read. */
  member: string;
}

/** Scans text that is known to be valid. Runs only when there is something to find. */
function findDuplicates(text: string): string[] {
  const found = new Set<string>();
  const stack: Frame[] = [];
  let expectKey = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const top = stack.at(-1);
    if (c === QUOTE) {
      const end = skipString(text, i);
      if (expectKey && top?.keys) noteKey(top, JSON.parse(text.slice(i, end)) as string, found);
      expectKey = false;
      i = end - 1;
    } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      stack.push({ path: memberPath(top), keys: c === OPEN_OBJECT ? new Set() : undefined, index: 0, member: '' });
      expectKey = c === OPEN_OBJECT;
    } else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) {
      stack.pop();
    } else if (c === 0x2c && top) {
      top.index++;
      expectKey = top.keys !== undefined;
    }
  }
  return [...found];
}

function noteKey(frame: Frame, key: string, found: Set<string>): void {
  frame.member = frame.path ? `${frame.path}.${key}` : key;
  if (frame.keys!.has(key)) found.add(frame.member);
  frame.keys!.add(key);
}

function memberPath(frame: Frame | undefined): string {
  if (!frame) return '';
  return frame.keys ? frame.member : `${frame.path}[${frame.index}]`;
}
