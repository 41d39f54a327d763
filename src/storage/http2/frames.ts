/** The kinds of frames of HTTP/2, RFC 9113, section 6. */
export const frameType = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  promise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags; some bits mean different things in different frames. */
export const flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
} as const;

/** Codes of errors that we tell. */
export const errorCode = { none: 0, cancel: 8 } as const;

/** Bytes of a frame's head, and of its content at most, as we have not agreed on more. */
export const HEAD = 9;
export const LARGEST = 16_384;

/** What a client says first. */
export const preface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Writes a frame's head at `at` and says where its content begins. */
export function writeHead(
  out: Buffer,
  at: number,
  { type, flags, stream, length }: { type: number; flags: number; stream: number; length: number },
): number {
  out.writeUIntBE(length, at, 3);
  out[at + 3] = type;
  out[at + 4] = flags;
  out.writeUInt32BE(stream, at + 5);
  return at + HEAD;
}

/** A whole frame. */
export function frame(type: number, flags: number, stream: number, content: Buffer): Buffer {
  const out = Buffer.allocUnsafe(HEAD + content.length);
  content.copy(out, writeHead(out, 0, { type, flags, stream, length: content.length }));
  return out;
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const content = Buffer.alloc(settings.length * 6);
  for (const [i, [id, value]] of settings.entries()) content.writeUInt32BE(value, content.writeUInt16BE(id, i * 6));
  return frame(frameType.settings, 0, 0, content);
}

/** A frame of one number of 32 bits: the reset of a stream, or more room for what it sends. */
export function numberFrame(type: number, stream: number, value: number): Buffer {
  const content = Buffer.allocUnsafe(4);
  content.writeUInt32BE(value);
  return frame(type, 0, stream, content);
}

export type OnFrame = (type: number, flags: number, stream: number, content: Buffer) => void;

/** Puts frames together of the pieces in which they come. */
export class FrameReader {
  readonly #onFrame: OnFrame;
  #pieces: Buffer[] = [];
  #size = 0;
  /** Bytes without which there is nothing to do. */
  #needed = HEAD;

  /** @param onFrame gets a view of what came in */
  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** @throws Error for a frame that is larger than was agreed on, and what `onFrame` throws */
  take(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#size < this.#needed) return;
    const all = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces);
    let at = 0;
    for (this.#needed = HEAD; all.length - at >= HEAD; this.#needed = HEAD) {
      const length = all.readUIntBE(at, 3);
      if (length > LARGEST) throw new Error('a frame was larger than was agreed on');
      this.#needed = HEAD + length;
      if (all.length - at < this.#needed) break;
      const content = all.subarray(at + HEAD, at + this.#needed);
      const head = at;
      at += this.#needed;
      this.#onFrame(all[head + 3]!, all[head + 4]!, all.readUInt32BE(head + 5) & 0x7fffffff, content);
    }
    const rest = at === 0 ? all : all.subarray(at);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
  }
}
