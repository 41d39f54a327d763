import type { Readable, Writable } from 'node:stream';

/**
 * Writes what a process says to where it belongs, at the pace of the slower side, and resolves at its end. Without a
 * terminal the engine sends frames: one byte says which output, four how long.
 */
export async function demultiplex(
  source: Readable,
  tty: boolean,
  stdout: Writable | undefined,
  stderr: Writable | undefined,
): Promise<void> {
  if (tty) {
    for await (const chunk of source) await writeTo(stdout, chunk);
    return;
  }
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const end = 8 + rest.readUInt32BE(4);
      if (rest.length < end) break;
      await writeTo(rest[0] === 2 ? stderr : stdout, rest.subarray(8, end));
      rest = rest.subarray(end);
    }
  }
}

/** Writes and waits until there is room for more; a target that is gone swallows everything. */
function writeTo(target: Writable | undefined, chunk: Buffer): Promise<void> | undefined {
  if (!target || target.destroyed || target.writableEnded || target.write(chunk)) return undefined;
  return new Promise((resolve) => {
    const go = () => {
      target.off('drain', go);
      target.off('close', go);
      resolve();
    };
    target.on('drain', go);
    target.on('close', go);
  });
}

/** Reads text until its end. */
export async function textOf(source: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
