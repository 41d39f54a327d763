import { Duplex } from 'node:stream';

/** What a stream asks of its session. */
export interface StreamPort {
  /** Resolves when the connection has taken it. */
  send(streamId: number, data: Buffer, fin: boolean): Promise<void>;
  reset(streamId: number): void;
}

/** Larger writes are cut, so that streams share the connection. */
const LARGEST_DATA = 32 * 1024;

/** One of the streams of a SPDY connection; reading and writing end apart from each other. */
export class SpdyStream extends Duplex {
  readonly id: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly #port: StreamPort;
  #drained: (() => void) | undefined;
  /** Whether the peer has reset it. */
  #reset = false;

  constructor(id: number, headers: ReadonlyMap<string, string>, port: StreamPort) {
    super({ allowHalfOpen: true, highWaterMark: 256 * 1024 });
    this.id = id;
    this.headers = headers;
    this.#port = port;
  }

  /** Takes data of the peer; resolves when there is room for more. */
  async receive(data: Buffer): Promise<void> {
    if (this.destroyed || this.readableEnded || this.push(data)) return;
    await new Promise<void>((resolve) => (this.#drained = resolve));
  }

  /** The peer says nothing more. */
  receiveEnd(): void {
    if (!this.destroyed) this.push(null);
  }

  /** The peer wants nothing more of this stream. */
  receiveReset(): void {
    this.#reset = true;
    this.destroy();
  }

  override _read(): void {
    this.#drained?.();
    this.#drained = undefined;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    void finish(this.#sendAll(chunk), done);
  }

  override _final(done: (error?: Error) => void): void {
    void finish(this.#port.send(this.id, Buffer.alloc(0), true), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#drained?.();
    if (!this.#reset && (!this.writableFinished || !this.readableEnded)) this.#port.reset(this.id);
    done(error);
  }

  async #sendAll(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; at += LARGEST_DATA) {
      await this.#port.send(this.id, chunk.subarray(at, at + LARGEST_DATA), false);
    }
  }
}

/** Tells a stream's callback how a promise ended. */
async function finish(work: Promise<void>, done: (error?: Error) => void): Promise<void> {
  let failure: Error | undefined;
  try {
    await work;
  } catch (error) {
    failure = error as Error;
  }
  done(failure);
}
