import { decodeFields, type HeaderFields } from './header-fields.ts';

/** Bytes of a block of header fields at most. */
const LARGEST_BLOCK = 64 * 1024;
/** A block of fields that is no longer is likely to come again, byte for byte. */
const COMMON = 128;
/** So many of those are remembered. */
const MOST_COMMON = 16;

/** A whole block. */
export interface HeaderBlock {
  readonly stream: number;
  /** Whether the other side has said everything with it. */
  readonly ends: boolean;
  readonly fields: HeaderFields;
}

/** Puts blocks of header fields together of the frames in which they come. Nearly all answers have the same fields. */
export class HeaderBlocks {
  readonly #common = new Map<string, HeaderFields>();
  /** The block that has begun to come. */
  #open: { readonly stream: number; readonly ends: boolean; readonly parts: Buffer[]; size: number } | undefined;

  /** Whether a block has begun: only its continuation may come then. */
  get unfinished(): boolean {
    return this.#open !== undefined;
  }

  begin(stream: number, ends: boolean): void {
    this.#open = { stream, ends, parts: [], size: 0 };
  }

  /**
   * Takes the next part of a block.
   * @param last whether it is the last; then the whole block is given back
   * @throws Error when the block had no beginning, is too large, or cannot be read
   */
  take(stream: number, content: Buffer, last: boolean): HeaderBlock | undefined {
    const block = this.#open;
    if (block?.stream !== stream) throw new Error('a block of header fields had no beginning');
    block.parts.push(content);
    block.size += content.length;
    if (block.size > LARGEST_BLOCK) throw new Error('a block of header fields was too large');
    if (!last) return undefined;
    this.#open = undefined;
    const whole = block.parts.length === 1 ? content : Buffer.concat(block.parts);
    return { stream, ends: block.ends, fields: this.#fields(whole) };
  }

  #fields(block: Buffer): HeaderFields {
    if (block.length > COMMON) return decodeFields(block);
    const key = block.toString('latin1');
    const known = this.#common.get(key);
    if (known) return known;
    const fields = decodeFields(block);
    if (this.#common.size >= MOST_COMMON) this.#common.clear();
    this.#common.set(key, fields);
    return fields;
  }
}
