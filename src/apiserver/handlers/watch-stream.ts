import type { BodyStream } from '../exchange/exchange.ts';

/** How many bytes may wait for a watcher that reads too slowly, besides those of its first list. */
const bufferLimit = 16 * 1024 * 1024;

/**
 * The frames of one watch on their way out. All that come up in one turn of the event loop go in one write. A watcher
 * that does not read is cut off when too much waits for it; others never notice it.
 */
export class WatchStream {
  readonly #stream: BodyStream;
  readonly #onOverflow: () => void;
  #frames: Buffer[] = [];
  #pending = 0;
  #scheduled = false;
  #ended = false;
  #limit = bufferLimit;

  constructor(stream: BodyStream, onOverflow: () => void) {
    this.#stream = stream;
    this.#onOverflow = onOverflow;
  }

  /** `allowed`: the frame belongs to the first list, which may be as long as it is. */
  push(frame: Buffer, allowed = false): void {
    if (this.#ended) return;
    this.#frames.push(frame);
    this.#pending += frame.length;
    if (allowed) this.#limit += frame.length;
    else if (this.#pending + this.#stream.waiting > this.#limit) return this.#overflow();
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#flush);
  }

  /** Sends what waits, then ends the answer. */
  end(): void {
    if (this.#ended) return;
    this.#flush();
    this.#ended = true;
    this.#stream.end();
  }

  #flush = (): void => {
    this.#scheduled = false;
    if (this.#ended || this.#frames.length === 0) return;
    const frames = this.#frames;
    this.#frames = [];
    const bytes = frames.length === 1 ? frames[0]! : Buffer.concat(frames, this.#pending);
    this.#pending = 0;
    this.#stream.write(bytes);
  };

  #overflow(): void {
    this.#ended = true;
    this.#frames = [];
    this.#stream.abort();
    this.#onOverflow();
  }
}
