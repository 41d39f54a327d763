import type { Duplex } from 'node:stream';
import {
  controlFrame,
  dataFrame,
  FIN,
  frameType,
  readFrames,
  words,
  type ControlFrame,
  type DataFrame,
} from './frame.ts';
import { HeaderCodec } from './headers.ts';
import { SpdyStream, type StreamPort } from './stream.ts';

/** So many streams may be open at once on one connection. */
const MOST_STREAMS = 1000;
const CANCEL = 5;
const REFUSED = 3;

/**
 * The server's side of a SPDY/3.1 connection, as far as Kubernetes clients use it: they open all streams, ignore flow
 * control, and tell by each stream's headers what it is for.
 */
export class SpdySession {
  readonly #socket: Duplex;
  readonly #codec = new HeaderCodec();
  readonly #onStream: (stream: SpdyStream) => void;
  #streams = new Map<number, SpdyStream>();
  #replies: Promise<void> = Promise.resolve();
  #closed = Promise.withResolvers<void>();

  constructor(socket: Duplex, onStream: (stream: SpdyStream) => void) {
    this.#socket = socket;
    this.#onStream = onStream;
    socket.on('error', () => {}); // the end of reading tells
    void this.#read();
  }

  /** Resolves when the connection is over. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Ends the connection after everything that was written. */
  async end(): Promise<void> {
    await this.#replies;
    this.#socket.end();
  }

  async #read(): Promise<void> {
    try {
      for await (const frame of readFrames(this.#socket)) {
        if (frame.control) await this.#control(frame);
        else await this.#data(frame);
      }
    } catch {
      // A connection that breaks or does not speak SPDY ends here, and with it all its streams.
    }
    for (const stream of this.#streams.values()) stream.receiveReset();
    this.#codec.close();
    this.#socket.destroy();
    this.#closed.resolve();
  }

  async #control({ type, flags, payload }: ControlFrame): Promise<void> {
    if (type === frameType.synStream) await this.#open(flags, payload);
    else if (type === frameType.ping) this.#socket.write(controlFrame(frameType.ping, 0, payload));
    else if (type === frameType.rstStream) this.#streams.get(payload.readUInt32BE(0))?.receiveReset();
    else if (type === frameType.headers) await this.#codec.decode(payload.subarray(4)); // keeps the compression in step
  }

  async #open(flags: number, payload: Buffer): Promise<void> {
    const id = payload.readUInt32BE(0) & 0x7fffffff;
    const headers = await this.#codec.decode(payload.subarray(10));
    if (this.#streams.size >= MOST_STREAMS || this.#streams.has(id)) return this.#reset(id, REFUSED);
    const port: StreamPort = {
      send: (...args) => this.#send(...args),
      reset: (streamId) => this.#reset(streamId, CANCEL),
    };
    const stream = new SpdyStream(id, headers, port);
    stream.on('error', () => {}); // whoever uses it sees its end
    stream.once('close', () => this.#streams.delete(id));
    this.#streams.set(id, stream);
    await this.#reply(id);
    if (flags & FIN) stream.receiveEnd();
    this.#onStream(stream);
  }

  async #reply(id: number): Promise<void> {
    this.#replies = this.#replies.then(async () => {
      const block = await this.#codec.encode(new Map());
      this.#socket.write(controlFrame(frameType.synReply, 0, Buffer.concat([words(id), block])));
    });
    await this.#replies;
  }

  async #data({ streamId, flags, payload }: DataFrame): Promise<void> {
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    if (payload.length > 0) await stream.receive(payload);
    if (flags & FIN) stream.receiveEnd();
  }

  #send(id: number, data: Buffer, fin: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error('the connection is gone'));
      this.#socket.write(dataFrame(id, fin ? FIN : 0, data), (error) => (error ? reject(error) : resolve()));
    });
  }

  #reset(id: number, status: number): void {
    if (!this.#socket.destroyed) this.#socket.write(controlFrame(frameType.rstStream, 0, words(id, status)));
  }
}
