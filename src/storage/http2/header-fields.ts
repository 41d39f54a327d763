import { huffmanDecoded } from './huffman.ts';

/** Header fields by their names, which are in lower case. */
export type HeaderFields = ReadonlyMap<string, string>;

/**
 * The fields that HPACK (RFC 7541, appendix A) has numbers for, from 1 on: the first ones with their values. We tell the
 * other side to remember no others, so that what a block of fields says depends on its bytes alone.
 */
const withValues = [
  ':authority',
  ':method GET',
  ':method POST',
  ':path /',
  ':path /index.html',
  ':scheme http',
  ':scheme https',
  ':status 200',
  ':status 204',
  ':status 206',
  ':status 304',
  ':status 400',
  ':status 404',
  ':status 500',
  'accept-charset',
  'accept-encoding gzip, deflate',
].map((text): readonly [string, string] => {
  const space = text.indexOf(' ');
  return space < 0 ? [text, ''] : [text.slice(0, space), text.slice(space + 1)];
});
const names =
  'accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control ' +
  'content-disposition content-encoding content-language content-length content-location content-range content-type cookie ' +
  'date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified ' +
  'link location max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after server set-cookie ' +
  'strict-transport-security transfer-encoding user-agent vary via www-authenticate';
const numbered: readonly (readonly [string, string])[] = [
  ...withValues,
  ...names.split(' ').map((name) => [name, ''] as const),
];

/** A block of fields. None of them asks to be remembered. */
export function encodeFields(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), encodeText(name), encodeText(value)]));
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const length = [Math.min(bytes.length, 127)];
  for (let rest = bytes.length - 127; rest >= 0; rest = rest < 128 ? -1 : rest >> 7) {
    length.push(rest < 128 ? rest : (rest & 127) | 128);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** The fields of a block; of several with one name the last. @throws Error when it is none */
export function decodeFields(block: Buffer): HeaderFields {
  const reader = new BlockReader(block);
  const fields = new Map<string, string>();
  while (!reader.done) {
    const field = reader.field();
    if (field) fields.set(...field);
  }
  return fields;
}

/** Reads a block bit pattern by bit pattern (RFC 7541, section 6). */
class BlockReader {
  readonly #block: Buffer;
  #at = 0;

  constructor(block: Buffer) {
    this.#block = block;
  }

  get done(): boolean {
    return this.#at >= this.#block.length;
  }

  /** The next field; undefined for the word that nothing is remembered. */
  field(): readonly [string, string] | undefined {
    const first = this.#block[this.#at]!;
    if (first >= 0x80) return known(this.#integer(7));
    if (first >= 0x40) return this.#literal(6);
    if (first >= 0x20) return void this.#integer(5);
    return this.#literal(4);
  }

  #literal(bits: number): readonly [string, string] {
    const index = this.#integer(bits);
    const name = index > 0 ? known(index)[0] : this.#text();
    return [name, this.#text()];
  }

  #integer(bits: number): number {
    const most = 2 ** bits - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let scale = 1; scale <= 2 ** 21; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new Error('a number in a header is too large');
  }

  #text(): string {
    const coded = this.#block[this.#at]! >= 0x80;
    const length = this.#integer(7);
    const bytes = this.#block.subarray(this.#at, (this.#at += length));
    if (bytes.length < length) throw new Error('a header ends within a field');
    return coded ? huffmanDecoded(bytes) : bytes.toString('latin1');
  }

  #byte(): number {
    if (this.done) throw new Error('a header ends within a field');
    return this.#block[this.#at++]!;
  }
}

function known(index: number): readonly [string, string] {
  const found = numbered[index - 1];
  if (!found) throw new Error('a header refers to a field that was not to be remembered');
  return found;
}
