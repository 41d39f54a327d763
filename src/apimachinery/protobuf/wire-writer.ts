/** Room for most objects, in bytes. */
const initialSize = 4096;

/**
 * Writes the protobuf wire format from the end to the beginning: a part's length is known when it is written in front
 * of it. So everything is written in reverse order: the last field first, and of each field its value before its tag.
 */
export class WireWriter {
  #bytes = Buffer.allocUnsafe(initialSize);
  #at = initialSize;

  /** How many bytes there are. The difference of two is the length of what was written in between. */
  get size(): number {
    return this.#bytes.length - this.#at;
  }

  /** A copy of what was written; the writer is then empty and may be used again. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(this.#at));
    this.clear();
    return taken;
  }

  clear(): void {
    if (this.#bytes.length > 16 * initialSize) this.#bytes = Buffer.allocUnsafe(initialSize); // an exception's memory
    this.#at = this.#bytes.length;
  }

  /** A whole number that JavaScript holds exactly; negative ones take ten bytes. */
  integer(value: number): void {
    if (value < 0) return this.#negative(value);
    if (value >= 0x80) return this.#long(value);
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  double(value: number): void {
    const at = this.#room(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  /** With its length in front. */
  text(value: string): void {
    const length = Buffer.byteLength(value);
    const at = this.#room(length);
    this.#bytes.write(value, at, 'utf8');
    this.integer(length);
  }

  /** With their length in front. */
  bytes(value: Buffer): void {
    this.raw(value);
    this.integer(value.length);
  }

  /** Without anything in front. */
  raw(value: Buffer): void {
    const at = this.#room(value.length);
    value.copy(this.#bytes, at);
  }

  #long(value: number): void {
    let count = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) count++;
    let at = this.#room(count);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[at++] = (rest % 0x80) | 0x80;
    this.#bytes[at] = rest;
  }

  #negative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    let at = this.#room(10);
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes[at++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[at] = Number(rest);
  }

  /** Makes room for `count` bytes in front and returns where they begin. It may replace the buffer. */
  #room(count: number): number {
    if (this.#at < count) this.#grow(count);
    return (this.#at -= count);
  }

  #grow(count: number): void {
    const size = this.size;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, size + count));
    this.#bytes.copy(larger, larger.length - size, this.#at);
    this.#bytes = larger;
    this.#at = larger.length - size;
  }
}
