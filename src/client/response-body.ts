const NEWLINE = 10;

/** The whole body as one buffer. */
export async function readAll(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

/**
 * The lines of a body, each as soon as it is complete, without the newline; empty lines are left out. Every byte is
 * scanned once, and a line that came in many chunks is joined once, so huge lines cost linear time.
 * An unfinished line at the end is dropped: the peer went away in the middle of it.
 */
export async function* lines(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let pending: Buffer[] = [];
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const line = joined(pending, chunk, start, end);
      pending = [];
      start = end + 1;
      if (line) yield line;
    }
    if (start < chunk.length) pending.push(start ? chunk.subarray(start) : chunk);
  }
}

function joined(pending: Buffer[], chunk: Buffer, start: number, end: number): string {
  if (pending.length === 0) return chunk.toString('utf8', start, end);
  return Buffer.concat([...pending, chunk.subarray(start, end)]).toString('utf8');
}
