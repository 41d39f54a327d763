import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import { isIP } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { errorMessage } from '../base/log.ts';
import { GrpcError, grpcStatus } from './grpc-error.ts';

export interface GrpcUnaryOptions {
  /** `https://127.0.0.1:2379` and the like. They are tried in turn: one serves until its connection breaks. */
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

/**
 * Unary gRPC calls over one HTTP/2 connection. It does nothing else, which makes a call cost a fraction of what a full
 * client needs; retries are the caller's.
 */
export class GrpcUnaryClient {
  readonly #options: GrpcUnaryOptions;
  /** The one that takes new calls. */
  #current: ClientHttp2Session | undefined;
  /** All that have not ended: one that was told to go away may still be answering. */
  readonly #sessions = new Set<ClientHttp2Session>();
  #endpoint = 0;
  #closed = false;

  constructor(options: GrpcUnaryOptions) {
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
    const session = connect(endpoints[this.#endpoint % endpoints.length]!, this.#tlsOptions());
    this.#sessions.add(session);
    const leave = () => {
      if (this.#current !== session) return;
      this.#current = undefined;
      this.#endpoint++;
    };
    const connecting = clock.after(CONNECT_TIMEOUT, () => session.destroy(new Error('connect timed out')));
    session.once('connect', () => connecting.cancel());
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

  #tlsOptions(): object {
    const { endpoints, credentials } = this.#options;
    const host = new URL(endpoints[this.#endpoint % endpoints.length]!).hostname.replace(/^\[|\]$/g, '');
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

  /** The message. @throws GrpcError */
  message(): Buffer {
    if (this.failure) throw this.failure;
    if (this.#status === undefined) {
      if (this.#http && this.#http !== 200)
        throw new GrpcError(grpcStatus.unknown, `the answer was HTTP ${this.#http}`);
      throw new GrpcError(grpcStatus.unavailable, 'the connection broke off');
    }
    if (this.#status !== grpcStatus.ok) throw new GrpcError(this.#status, this.#text);
    const whole = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
    if (whole.length < PREFIX || whole[0] !== 0 || whole.readUInt32BE(1) !== whole.length - PREFIX) {
      throw new GrpcError(grpcStatus.unknown, 'the answer was not one whole, uncompressed message');
    }
    return whole.subarray(PREFIX);
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
