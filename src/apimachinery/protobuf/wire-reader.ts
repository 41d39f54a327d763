import { WireError } from './wire-error.ts';

/** How the bytes behind a field's tag are laid out, see https://protobuf.dev/programming-guides/encoding */
export const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Numbers of up to so many bytes stay below 2^53, so that plain arithmetic is exact. */
const exactBytes = 7;

/** Reads the protobuf wire format. One reader serves a whole document: `within` narrows it to a part. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;
  #end: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** The number and the wire type of the next field, as `number * 8 + type`. */
  tag(): number {
    const tag = this.integer();
    if (tag < 8) throw new WireError(`there is no field with the number ${tag < 0 ? tag : 0}`);
    return tag;
  }

  /** A signed number. @throws WireError when JavaScript cannot hold it exactly */
  integer(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const start = this.#at - 1;
    let value = first & 0x7f;
    for (let i = 1, unit = 0x80; i < exactBytes; i++, unit *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
    }
    this.#at = start;
    return this.#longInteger();
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  text(): string {
    const length = this.#length();
    const start = this.#take(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  /** A view of the document, not a copy. */
  bytes(): Buffer {
    const length = this.#length();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Calls `read` while the reader ends where the part of known length ends that comes next. */
  within<T>(read: () => T): T {
    const length = this.#length();
    const outer = this.#end;
    this.#end = this.#take(length) + length;
    this.#at = this.#end - length;
    const result = read();
    this.#at = this.#end;
    this.#end = outer;
    return result;
  }

  /** Goes past a field that nobody wants. */
  skip(type: number): void {
    if (type === wire.varint) while (this.#byte() >= 0x80);
    else if (type === wire.bytes) this.#take(this.#length());
    else if (type === wire.fixed64) this.#take(8);
    else if (type === wire.fixed32) this.#take(4);
    else throw new WireError(`wire type ${type} is not supported`);
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new WireError('it is cut off inside a number');
    return this.#bytes[this.#at++]!;
  }

  #length(): number {
    const length = this.integer();
    if (length < 0) throw new WireError('it has a part of negative length');
    return length;
  }

  /** Goes `length` bytes on and returns where they began. */
  #take(length: number): number {
    const start = this.#at;
    if (length > this.#end - start) throw new WireError('it is cut off');
    this.#at = start + length;
    return start;
  }

  #longInteger(): number {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (shift > 63n) throw new WireError('a number is longer than 64 bits');
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const signed = BigInt.asIntN(64, value);
    const number = Number(signed);
    if (!Number.isSafeInteger(number))
      throw new WireError(`the number ${signed} is beyond 2^53 and cannot be kept exactly`);
    return number;
  }
}
