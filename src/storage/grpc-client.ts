import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { errorMessage } from '../base/log.ts';
import { GrpcError, grpcStatus } from './grpc-error.ts';
import { framed, GrpcAnswer, MessageReader } from './grpc-messages.ts';
import { Http2Connection, type RequestStream, type ResponseListener } from './http2/connection.ts';
import { encodeFields } from './http2/header-fields.ts';

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

/** A connection, and what is needed to use it. */
interface Session {
  readonly connection: Http2Connection;
  readonly origin: URL;
  /** Header fields of a call, by its path. */
  readonly fields: Map<string, Buffer>;
}

/**
 * gRPC calls over one HTTP/2 connection: unary ones, and such of one question and many answers. It does nothing else,
 * which makes a call cost a fraction of what a full client needs; retries are the caller's.
 */
export class GrpcClient {
  readonly #options: GrpcOptions;
  /** The one that takes new calls. */
  #current: Session | undefined;
  /** All that have not ended: one that was told to go away may still be answering. */
  readonly #sessions = new Set<Session>();
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
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const answer = new GrpcAnswer();
    const stream = this.#open(path, message, true, {
      onFields: (fields) => answer.head(fields),
      onData: (data) => void answer.chunks.push(data),
      onEnd: (error) => {
        timer.cancel();
        try {
          resolve(answer.message(error));
        } catch (failure) {
          reject(failure);
        }
      },
    });
    const timer = this.#options.clock.after(timeout, () => {
      stream.cancel();
      reject(new GrpcError(grpcStatus.deadlineExceeded, `no answer within ${timeout} ms`));
    });
    return promise;
  }

  /** Sends one message and hands on all that come back. The question is left open: its end would end the answers. */
  stream(path: string, message: Buffer, listener: StreamListener): GrpcStream {
    const answer = new GrpcAnswer();
    const messages = new MessageReader((part) => listener.onMessage(part));
    const stream = this.#open(path, message, false, {
      onFields: (fields) => answer.head(fields),
      onData: (data) => {
        try {
          messages.take(data);
        } catch (error) {
          stream.cancel();
          listener.onEnd(error instanceof Error ? error : new Error(errorMessage(error)));
        }
      },
      onEnd: (error) => listener.onEnd(answer.end(error)),
    });
    return stream;
  }

  /** Breaks off what is under way. */
  close(): void {
    this.#closed = true;
    for (const { connection } of this.#sessions) connection.destroy(new Error('the store is closed'));
  }

  #open(path: string, message: Buffer, last: boolean, listener: ResponseListener): RequestStream {
    if (this.#closed) throw new Error('the store is closed');
    const session = (this.#current ??= this.#connect());
    let fields = session.fields.get(path);
    if (!fields) session.fields.set(path, (fields = encodeFields(callFields(session.origin, path))));
    return session.connection.request(fields, framed(message), last, listener);
  }

  #connect(): Session {
    const { endpoints, clock } = this.#options;
    const origin = new URL(endpoints[this.#endpoint % endpoints.length]!);
    const socket = this.#socket(origin);
    const leave = () => {
      if (this.#current !== session) return;
      this.#current = undefined;
      this.#endpoint++;
    };
    const connection = new Http2Connection(socket, {
      onLeaving: leave,
      onClose: () => {
        leave();
        connecting.cancel();
        pings.cancel();
        this.#sessions.delete(session);
      },
    });
    const session = { connection, origin, fields: new Map<string, Buffer>() };
    this.#sessions.add(session);
    const connecting = clock.after(CONNECT_TIMEOUT, () => connection.destroy(new Error('connect timed out')));
    socket.once('connect', () => connecting.cancel());
    const pings = clock.every(PING.every, () => socket.connecting || this.#ping(connection));
    return session;
  }

  #socket(endpoint: URL): Socket {
    if (endpoint.protocol === 'unix:') return connectSocket(decodeURIComponent(endpoint.pathname));
    const host = endpoint.hostname.replace(/^\[|\]$/g, '');
    const port = Number(endpoint.port) || (endpoint.protocol === 'https:' ? 443 : 80);
    const socket =
      endpoint.protocol === 'https:' ? this.#tlsSocket(host, port) : connectSocket({ host, port, noDelay: true });
    return socket;
  }

  #tlsSocket(host: string, port: number): Socket {
    const { credentials } = this.#options;
    const socket = connectTls({
      host,
      port,
      ALPNProtocols: ['h2'],
      ca: credentials?.rootCertificate,
      key: credentials?.privateKey,
      cert: credentials?.certChain,
      // TLS has no server names that are addresses; the certificate is checked against the address all the same.
      servername: isIP(host) ? '' : host,
    });
    socket.setNoDelay(true);
    socket.once('secureConnect', () => {
      if (socket.alpnProtocol !== 'h2') socket.destroy(new Error('the other side does not speak HTTP/2'));
    });
    return socket;
  }

  /** Ends a connection whose other side has gone without a word. */
  #ping(connection: Http2Connection): void {
    const lost = () => connection.destroy(new Error('no answer to a ping'));
    const timer = this.#options.clock.after(PING.timeout, lost);
    connection.ping(() => timer.cancel());
  }
}

function callFields({ protocol, host }: URL, path: string): (readonly [string, string])[] {
  return [
    [':method', 'POST'],
    [':scheme', protocol === 'https:' ? 'https' : 'http'],
    [':path', path],
    [':authority', host || 'localhost'],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
  ];
}
