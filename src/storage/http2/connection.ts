import type { Duplex } from 'node:stream';
import { errorCode, flag, frame, frameType, FrameReader, HEAD, LARGEST, numberFrame } from './frames.ts';
import { preface, setting, settingsFrame, writeHead } from './frames.ts';
import { GatheredWrites } from './gathered-writes.ts';
import { HeaderBlocks } from './header-blocks.ts';
import type { HeaderFields } from './header-fields.ts';

/** What becomes of a request. */
export interface ResponseListener {
  /** Headers, and trailers likewise. */
  onFields(fields: HeaderFields): void;
  /** A view of what came in. */
  onData(data: Buffer): void;
  /** Called once, last: without an error when the other side has said everything. */
  onEnd(error?: Error): void;
}

/** A request under way. */
export interface RequestStream {
  /** Breaks it off: the listener hears no more. */
  cancel(): void;
}

export interface ConnectionListener {
  /** The other side takes no more requests, or we have no more numbers for them; those under way go on. */
  onLeaving(): void;
  /** Called once. Every request under way has been told before. */
  onClose(): void;
}

/** Bytes that may be under way to us, in one stream and in all: a page of a list should not wait for permission. */
const WINDOW = { stream: 8 * 2 ** 20, connection: 32 * 2 ** 20 };
/** What holds until the other side says something else, RFC 9113, section 6.5.2; the last is ours. */
const DEFAULT = { window: 65_535, streams: 100 };
/** A stream's number is odd and has 31 bits. */
const LAST_STREAM = 2 ** 31 - 1;
interface Stream extends RequestStream {
  readonly listener: ResponseListener;
  readonly fields: Buffer;
  id: number;
  /** What is still to be sent, and whether that is all. */
  rest: Buffer;
  readonly last: boolean;
  /** Bytes that we may send, and those that we took in since we last gave room for more. */
  window: number;
  taken: number;
}

/**
 * The client's side of an HTTP/2 connection: as much as gRPC needs, and no headers to remember. Node's own has a stream with
 * all that belongs to one for each request, which costs several times as much as all of this.
 */
export class Http2Connection {
  readonly #socket: Duplex;
  readonly #listener: ConnectionListener;
  readonly #streams = new Map<number, Stream>();
  /** Requests that have to wait because as many are under way as the other side takes. */
  readonly #queue: Stream[] = [];
  /** Those of which a part waits for room. */
  readonly #blocked = new Set<Stream>();
  readonly #peer = { window: DEFAULT.window, streams: DEFAULT.streams };
  readonly #blocks = new HeaderBlocks();
  readonly #writes: GatheredWrites;
  readonly #pings: (() => void)[] = [];
  #window = DEFAULT.window;
  #taken = 0;
  #nextId = 1;
  #leaving = false;
  #closed = false;

  /** @param socket may still be connecting */
  constructor(socket: Duplex, listener: ConnectionListener) {
    this.#socket = socket;
    this.#writes = new GatheredWrites(socket);
    this.#listener = listener;
    const reader = new FrameReader((type, flags, id, content) => this.#onFrame(type, flags, id, content));
    socket.on('data', (piece: Buffer) => {
      try {
        if (!this.#closed) reader.take(piece);
      } catch (error) {
        this.destroy(error as Error);
      }
    });
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy(new Error('the connection broke off')));
    const wanted = [
      [setting.headerTableSize, 0] as const,
      [setting.enablePush, 0] as const,
      [setting.initialWindowSize, WINDOW.stream] as const,
    ];
    const room = numberFrame(frameType.windowUpdate, 0, WINDOW.connection - DEFAULT.window);
    socket.write(Buffer.concat([preface, settingsFrame(wanted), room]));
  }

  /**
   * Sends a request.
   * @param fields as `encodeFields` made them
   * @param last whether the body is all there is to say
   */
  request(fields: Buffer, body: Buffer, last: boolean, listener: ResponseListener): RequestStream {
    const stream: Stream = {
      listener,
      fields,
      id: 0,
      rest: body,
      last,
      window: 0,
      taken: 0,
      cancel: () => this.#cancel(stream),
    };
    if (this.#closed) queueMicrotask(() => listener.onEnd(new Error('the connection broke off')));
    else if (this.#streams.size >= this.#peer.streams) this.#queue.push(stream);
    else this.#begin(stream);
    return stream;
  }

  /** Asks whether the other side is there, and calls `onAnswer` when it is. */
  ping(onAnswer: () => void): void {
    this.#pings.push(onAnswer);
    this.#send(frame(frameType.ping, 0, 0, Buffer.alloc(8)));
  }

  /** Ends it and everything under way. */
  destroy(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    const streams = [...this.#streams.values(), ...this.#queue];
    this.#streams.clear();
    this.#queue.length = 0;
    for (const { listener } of streams) listener.onEnd(error);
    this.#listener.onClose();
  }

  #begin(stream: Stream): void {
    stream.id = this.#nextId;
    stream.window = this.#peer.window;
    this.#nextId += 2;
    this.#streams.set(stream.id, stream);
    if (this.#nextId > LAST_STREAM) this.#leave();
    const size = Math.min(stream.rest.length, stream.window, this.#window, LARGEST);
    const ends = stream.last && size === stream.rest.length;
    const out = Buffer.allocUnsafe(2 * HEAD + stream.fields.length + size);
    const head = { type: frameType.headers, flags: flag.endHeaders, stream: stream.id, length: stream.fields.length };
    const at = writeHead(out, 0, head) + stream.fields.copy(out, HEAD);
    const flags = ends ? flag.endStream : 0;
    stream.rest.copy(out, writeHead(out, at, { type: frameType.data, flags, stream: stream.id, length: size }));
    this.#sent(stream, size);
    this.#send(out);
    this.#pump(stream);
  }

  /** Sends of what is left as much as there is room for. */
  #pump(stream: Stream): void {
    while (stream.rest.length > 0) {
      const size = Math.min(stream.rest.length, stream.window, this.#window, LARGEST);
      if (size <= 0) return void this.#blocked.add(stream);
      const flags = stream.last && size === stream.rest.length ? flag.endStream : 0;
      this.#send(frame(frameType.data, flags, stream.id, stream.rest.subarray(0, size)));
      this.#sent(stream, size);
    }
    this.#blocked.delete(stream);
  }

  #sent(stream: Stream, size: number): void {
    stream.rest = stream.rest.subarray(size);
    stream.window -= size;
    this.#window -= size;
  }

  #send(bytes: Buffer): void {
    if (!this.#closed) this.#writes.write(bytes);
  }

  #cancel(stream: Stream): void {
    const waiting = this.#queue.indexOf(stream);
    if (waiting >= 0) this.#queue.splice(waiting, 1);
    if (this.#streams.get(stream.id) !== stream) return;
    this.#send(numberFrame(frameType.reset, stream.id, errorCode.cancel));
    this.#forget(stream);
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream.id);
    this.#blocked.delete(stream);
    const room = this.#leaving ? 0 : this.#peer.streams - this.#streams.size;
    for (const next of this.#queue.splice(0, Math.max(0, room))) this.#begin(next);
    if (this.#leaving && this.#streams.size === 0) this.destroy(new Error('the connection is at its end'));
  }

  #end(stream: Stream, error?: Error): void {
    // Who does not wait for all of what we say need not hear the rest of it.
    if (!error && (stream.rest.length > 0 || !stream.last)) this.#reset(stream);
    this.#forget(stream);
    stream.listener.onEnd(error);
  }

  #reset(stream: Stream): void {
    this.#send(numberFrame(frameType.reset, stream.id, errorCode.cancel));
  }

  /** No more requests here; those that were not begun are for another connection. */
  #leave(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#listener.onLeaving();
    for (const { listener } of this.#queue.splice(0)) listener.onEnd(new Error('the connection is at its end'));
  }

  #onFrame(type: number, flags: number, id: number, content: Buffer): void {
    if (this.#blocks.unfinished && type !== frameType.continuation)
      throw new Error('a block of header fields broke off');
    switch (type) {
      case frameType.data:
        return this.#onData(flags, id, content);
      case frameType.headers:
        return this.#onHeaders(flags, id, unpadded(flags, content));
      case frameType.continuation:
        return this.#onFields(flags, id, content);
      case frameType.reset:
        return this.#onReset(id, content.readUInt32BE());
      case frameType.settings:
        return flags & flag.ack ? undefined : this.#onSettings(content);
      case frameType.ping:
        if (flags & flag.ack) this.#pings.shift()?.();
        else this.#send(frame(frameType.ping, flag.ack, 0, content));
        return;
      case frameType.goAway:
        return this.#onGoAway(content.readUInt32BE() & 0x7fffffff);
      case frameType.windowUpdate:
        return this.#onWindowUpdate(id, content.readUInt32BE() & 0x7fffffff);
      case frameType.promise:
        throw new Error('the other side sent what nobody asked for');
    }
  }

  #onData(flags: number, id: number, content: Buffer): void {
    const stream = this.#streams.get(id);
    this.#taken += content.length;
    if (this.#taken > WINDOW.connection / 2) {
      this.#send(numberFrame(frameType.windowUpdate, 0, this.#taken));
      this.#taken = 0;
    }
    if (!stream) return;
    stream.taken += content.length;
    if (content.length > 0) stream.listener.onData(unpadded(flags & flag.padded, content));
    if (flags & flag.endStream) return void (this.#streams.has(id) && this.#end(stream));
    if (stream.taken <= WINDOW.stream / 2 || !this.#streams.has(id)) return;
    this.#send(numberFrame(frameType.windowUpdate, id, stream.taken));
    stream.taken = 0;
  }

  #onHeaders(flags: number, id: number, content: Buffer): void {
    this.#blocks.begin(id, (flags & flag.endStream) !== 0);
    this.#onFields(flags, id, content);
  }

  #onFields(flags: number, id: number, content: Buffer): void {
    const block = this.#blocks.take(id, content, (flags & flag.endHeaders) !== 0);
    const stream = this.#streams.get(id);
    if (!block || !stream) return;
    stream.listener.onFields(block.fields);
    if (block.ends && this.#streams.has(id)) this.#end(stream);
  }

  #onReset(id: number, code: number): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#forget(stream);
    // Without an error it only says that it needs no more of the question.
    stream.listener.onEnd(code === errorCode.none ? undefined : new Error(`the stream was reset with code ${code}`));
  }

  #onSettings(content: Buffer): void {
    for (let at = 0; at + 6 <= content.length; at += 6) {
      const value = content.readUInt32BE(at + 2);
      const id = content.readUInt16BE(at);
      if (id === setting.maxConcurrentStreams) this.#peer.streams = value;
      if (id !== setting.initialWindowSize) continue;
      for (const stream of this.#streams.values()) stream.window += value - this.#peer.window;
      this.#peer.window = value;
    }
    this.#send(frame(frameType.settings, flag.ack, 0, Buffer.alloc(0)));
    this.#pumpAll();
    const room = this.#peer.streams - this.#streams.size;
    for (const next of this.#queue.splice(0, Math.max(0, room))) this.#begin(next);
  }

  #onGoAway(last: number): void {
    this.#leave();
    for (const stream of [...this.#streams.values()]) {
      if (stream.id <= last) continue;
      this.#forget(stream);
      stream.listener.onEnd(new Error('the other side went away'));
    }
    if (this.#streams.size === 0) this.destroy(new Error('the connection is at its end'));
  }

  #onWindowUpdate(id: number, more: number): void {
    const stream = this.#streams.get(id);
    if (id === 0) this.#window += more;
    else if (stream) stream.window += more;
    this.#pumpAll();
  }

  #pumpAll(): void {
    for (const stream of this.#blocked) this.#pump(stream);
  }
}

/** The content without what only makes it longer. */
function unpadded(flags: number, content: Buffer): Buffer {
  if ((flags & (flag.padded | flag.priority)) === 0) return content;
  const padding = flags & flag.padded ? content[0]! : 0;
  const start = (flags & flag.padded ? 1 : 0) + (flags & flag.priority ? 5 : 0);
  if (start + padding > content.length) throw new Error('a frame was padded with more than it holds');
  return content.subarray(start, content.length - padding);
}
