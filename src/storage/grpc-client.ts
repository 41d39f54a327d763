import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import { connect as connectSocket, isIP } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { errorMessage } from '../base/log.ts';
import { GrpcError, grpcStatus } from './grpc-error.ts';

export interface GrpcOptions {
  /**
   * `https://127.0.0.1:2379`, `unix:///run/etcd.sock` and the like. They are tried in turn: one serves until its
   * connection breaks.
   */
  readonly endpoints: readonly string[];
  /** PEM texts. */
  readonly credentials?: {
    readonly rootCertificate: Buffer;
    readonly privateKey?: Buffer;
    readonly certChain?: Buffer;
  };
  readonly clock: Clock;
}

/** Milliseconds that a connection may take to come about. */
const CONNECT_TIMEOUT = 5000;
/** Milliseconds between two questions whether the other side is still there, and how long it may take to answer. */
const PING = { every: 10_000, timeout: 5000 };
/** A message's prefix: whether it is compressed, and its length. */
const PREFIX = 5;

/** Bytes that may be under way to us, in one call and in all: a page of a list should not wait for permission. */
const WINDOW = { stream: 8 * 2 ** 20, session: 32 * 2 ** 20 };

/** A call whose answer is many messages. */
export interface GrpcStream {
  /** Breaks it off without a further word. */
  cancel(): void;
}

export interface StreamListener {
  /** A view of what came in; keep a copy, or little. What it throws ends the stream. */
  onMessage(message: Buffer): void;
  /** Called once when the stream ends for any reason but `cancel`. */
  onEnd(error: Error): void;
}

/**
 * gRPC calls over one HTTP/2 connection: unary ones, and such of one question and many answers. It does nothing else,
 * which makes a call cost a fraction of what a full client needs; retries are the caller's.
 */
export class GrpcClient {
  readonly #options: GrpcOptions;
  /** The one that takes new calls. */
  #current: ClientHttp2Session | undefined;
  /** All that have not ended: one that was told to go away may still be answering. */
  readonly #sessions = new Set<ClientHttp2Session>();
  #endpoint = 0;
  #closed = false;

  constructor(options: GrpcOptions) {
    this.#options = options;
  }

  /**
   * Sends one message and gives back the answer's.
   * @param path e.g. `/etcdserverpb.KV/Txn`
   * @param timeout milliseconds
   * @throws GrpcError; `unavailable` also when the connection breaks, and then it is open whether the call was carried out
   */
  async call(path: string, message: Buffer, timeout: number): Promise<Buffer> {
    const stream = this.#open(path);
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const answer = new Answer();
    const timer = this.#options.clock.after(timeout, () => {
      answer.failure = new GrpcError(grpcStatus.deadlineExceeded, `no answer within ${timeout} ms`);
      stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on('response', (headers) => answer.head(headers));
    stream.on('trailers', (headers) => answer.head(headers));
    stream.on('data', (chunk: Buffer) => answer.chunks.push(chunk));
    stream.on('error', (error) => (answer.failure ??= new GrpcError(grpcStatus.unavailable, error.message)));
    stream.on('close', () => {
      timer.cancel();
      try {
        resolve(answer.message());
      } catch (error) {
        reject(error);
      }
    });
    stream.end(framed(message));
    return promise;
  }

  /** Sends one message and hands on all that come back. The question is left open: its end would end the answers. */
  stream(path: string, message: Buffer, listener: StreamListener): GrpcStream {
    const stream = this.#open(path);
    const answer = new Answer();
    const frames = new FrameReader((part) => listener.onMessage(part));
    let over = false;
    const end = (error: unknown) => {
      if (over) return;
      over = true;
      stream.close(constants.NGHTTP2_CANCEL);
      listener.onEnd(error instanceof Error ? error : new Error(errorMessage(error)));
    };
    stream.on('response', (headers) => answer.head(headers));
    stream.on('trailers', (headers) => answer.head(headers));
    stream.on('data', (chunk: Buffer) => {
      if (over) return;
      try {
        frames.take(chunk);
      } catch (error) {
        end(error);
      }
    });
    stream.on('error', (error) => end(new GrpcError(grpcStatus.unavailable, error.message)));
    stream.on('close', () => end(answer.end()));
    stream.write(framed(message));
    return {
      cancel: () => {
        over = true;
        stream.close(constants.NGHTTP2_CANCEL);
      },
    };
  }

  /** Breaks off what is under way. */
  close(): void {
    this.#closed = true;
    for (const session of this.#sessions) session.destroy();
  }

  #open(path: string): ClientHttp2Stream {
    if (this.#closed) throw new Error('the store is closed');
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
    try {
      this.#current ??= this.#connect();
      return this.#current.request(headers, { endStream: false });
    } catch (error) {
      // A connection that has just ended refuses a request at once.
      if (!String((error as NodeJS.ErrnoException).code).startsWith('ERR_HTTP2_')) throw error;
      throw new GrpcError(grpcStatus.unavailable, errorMessage(error));
    }
  }

  #connect(): ClientHttp2Session {
    const { endpoints, clock } = this.#options;
    const session = this.#newSession(endpoints[this.#endpoint % endpoints.length]!);
    this.#sessions.add(session);
    const leave = () => {
      if (this.#current !== session) return;
      this.#current = undefined;
      this.#endpoint++;
    };
    const connecting = clock.after(CONNECT_TIMEOUT, () => session.destroy(new Error('connect timed out')));
    session.once('connect', () => {
      connecting.cancel();
      session.setLocalWindowSize(WINDOW.session);
    });
    const pings = clock.every(PING.every, () => this.#ping(session));
    session.on('goaway', leave);
    session.on('error', leave);
    session.once('close', () => {
      leave();
      connecting.cancel();
      pings.cancel();
      this.#sessions.delete(session);
    });
    return session;
  }

  #newSession(endpoint: string): ClientHttp2Session {
    const settings = { initialWindowSize: WINDOW.stream, enablePush: false };
    const options = { settings, maxSessionMemory: 1000 };
    const url = new URL(endpoint);
    if (url.protocol !== 'unix:') return connect(endpoint, { ...options, ...this.#tlsOptions(url) });
    return connect('http://localhost', {
      ...options,
      createConnection: () => connectSocket(decodeURIComponent(url.pathname)),
    });
  }

  #tlsOptions(endpoint: URL): object {
    const { credentials } = this.#options;
    const host = endpoint.hostname.replace(/^\[|\]$/g, '');
    if (!credentials) return {};
    return {
      ca: credentials.rootCertificate,
      key: credentials.privateKey,
      cert: credentials.certChain,
      // TLS has no server names that are addresses; the certificate is checked against the address all the same.
      ...(isIP(host) && { servername: '' }),
    };
  }

  /** Ends a connection whose other side has gone without a word. */
  #ping(session: ClientHttp2Session): void {
    if (session.destroyed || session.connecting) return;
    const timer = this.#options.clock.after(PING.timeout, () => session.destroy(new Error('no answer to a ping')));
    session.ping(() => timer.cancel());
  }
}

/** What has come of an answer. */
class Answer {
  readonly chunks: Buffer[] = [];
  failure: GrpcError | undefined;
  #http = 0;
  #status: number | undefined;
  #text = '';

  /** Headers or trailers; the status stands in either. */
  head(headers: IncomingHttpHeaders): void {
    this.#http ||= Number(headers[':status'] ?? 0);
    if (headers['grpc-status'] === undefined) return;
    this.#status = Number(headers['grpc-status']);
    this.#text = decoded(String(headers['grpc-message'] ?? ''));
  }

  /** Why there will be no (further) message. */
  end(): GrpcError {
    if (this.#status !== undefined) return new GrpcError(this.#status, this.#text || 'the answer ended');
    if (this.#http && this.#http !== 200) return new GrpcError(grpcStatus.unknown, `the answer was HTTP ${this.#http}`);
    return new GrpcError(grpcStatus.unavailable, 'the connection broke off');
  }

  /** The message. @throws GrpcError */
  message(): Buffer {
    if (this.failure) throw this.failure;
    if (this.#status !== grpcStatus.ok) throw this.end();
    const whole = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
    if (whole.length < PREFIX || whole[0] !== 0 || whole.readUInt32BE(1) !== whole.length - PREFIX) {
      throw new GrpcError(grpcStatus.unknown, 'the answer was not one whole, uncompressed message');
    }
    return whole.subarray(PREFIX);
  }
}

/** Puts messages together of the pieces in which they come. */
class FrameReader {
  readonly #onMessage: (message: Buffer) => void;
  #pieces: Buffer[] = [];
  #size = 0;
  /** Bytes without which there is nothing to do. */
  #needed = PREFIX;

  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  /** @throws GrpcError for a message that is not plain */
  take(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#size < this.#needed) return;
    let rest = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces);
    for (this.#needed = PREFIX; rest.length >= PREFIX; this.#needed = PREFIX) {
      if (rest[0] !== 0) throw new GrpcError(grpcStatus.unknown, 'a message was compressed');
      this.#needed = PREFIX + rest.readUInt32BE(1);
      if (rest.length < this.#needed) break;
      const message = rest.subarray(PREFIX, this.#needed);
      rest = rest.subarray(this.#needed);
      this.#onMessage(message);
    }
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
  }
}

function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, PREFIX);
  return frame;
}

/** A status message is percent-encoded; one that is encoded wrongly is shown as it came. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
