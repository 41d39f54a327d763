import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

/** After so many pieces of a few kilobytes each other work gets its turn: a few milliseconds. */
const piecesAtOnce = 50;

/**
 * Joins the pieces of a long document and hashes them. It takes several turns of the event loop, so that nobody has to wait
 * long.
 */
export async function joined(pieces: Iterable<string | Buffer>): Promise<{ body: Buffer; hash: string }> {
  const parts: Buffer[] = [];
  const hash = createHash('sha512');
  let count = 0;
  for (const piece of pieces) {
    const part = typeof piece === 'string' ? Buffer.from(piece) : piece;
    parts.push(part);
    hash.update(part);
    if (++count % piecesAtOnce === 0) await setImmediate();
  }
  return { body: Buffer.concat(parts), hash: hash.digest('hex').toUpperCase() };
}

/** A JSON object, entry by entry. */
export function* jsonObject(entries: Iterable<readonly [string, unknown]>): Generator<string> {
  let comma = '{';
  for (const [key, value] of entries) {
    yield `${comma}${JSON.stringify(key)}:${JSON.stringify(value)}`;
    comma = ',';
  }
  yield comma === '{' ? '{}' : '}';
}

/** The inside of the JSON of `object`, to be followed by more entries. */
export function jsonHead(object: object): string {
  return JSON.stringify(object).slice(0, -1);
}
