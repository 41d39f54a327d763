import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { dictionary } from './dictionary.ts';

/** Header blocks larger than this (bytes, decoded) are not taken. */
const MOST = 64 * 1024;

/** Turns header blocks into headers and back. Both directions are one compressed stream over the whole connection. */
export class HeaderCodec {
  readonly #inflate: Inflate = createInflate({ dictionary, flush: constants.Z_SYNC_FLUSH });
  readonly #deflate: Deflate = createDeflate({ dictionary, flush: constants.Z_SYNC_FLUSH });

  constructor() {
    // The caller whose block is broken is told; nobody else listens.
    for (const stream of [this.#inflate, this.#deflate]) stream.on('error', () => {});
  }

  /** Calls must follow one another. @throws Error when the block is broken */
  async decode(block: Buffer): Promise<Map<string, string>> {
    return parseHeaders(await pass(this.#inflate, block));
  }

  /** Calls must follow one another. */
  async encode(headers: ReadonlyMap<string, string>): Promise<Buffer> {
    return pass(this.#deflate, formatHeaders(headers));
  }

  close(): void {
    this.#inflate.destroy();
    this.#deflate.destroy();
  }
}

function pass(stream: Inflate | Deflate, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MOST) stream.destroy(new Error('a SPDY header block is too large'));
    };
    const settle = (error?: Error | null) => {
      stream.off('data', take);
      stream.off('close', closed);
      if (error) reject(error);
      else resolve(Buffer.concat(chunks));
    };
    const closed = () => settle(new Error('a SPDY header block is broken'));
    stream.on('data', take);
    stream.once('close', closed);
    stream.write(input, settle);
  });
}

function parseHeaders(block: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 4;
  const text = () => {
    const length = block.readUInt32BE(at);
    at += 4 + length;
    if (at > block.length) throw new Error('a SPDY header block is cut off');
    return block.toString('utf8', at - length, at);
  };
  for (let left = block.readUInt32BE(0); left > 0; left--) {
    const name = text().toLowerCase();
    headers.set(name, text());
  }
  return headers;
}

function formatHeaders(headers: ReadonlyMap<string, string>): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  };
  const count = Buffer.alloc(4);
  count.writeUInt32BE(headers.size);
  return Buffer.concat([count, ...[...headers].flatMap(([name, value]) => [...text(name), ...text(value)])]);
}
