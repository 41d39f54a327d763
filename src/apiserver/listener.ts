import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { IncomingMessage, ServerOptions } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { DEFAULT_CIPHERS } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { sleep } from '../base/clock.ts';
import type { RequestListener } from './shell.ts';

/** Where to listen, and as whom: PEM texts. */
export interface ListenOptions {
  /** Default: all interfaces. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Whose client certificates are believed. */
  readonly clientCa?: string | Buffer | undefined;
  /** Called for each connection that ends before TLS is agreed on. */
  readonly onTlsError?: () => void;
}

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Kept-alive connections stay open for so long without a request, in milliseconds: longer than clients keep theirs. */
const keepAlive = 180_000;
/** Silent connections are probed after so long, in milliseconds: machines that are switched off do not say good-bye. */
const probeAfter = 30_000;
/** How long requests that are being answered may take when the server stops, in milliseconds. */
const defaultDrainTime = 5000;
/** How often a server that stops looks for connections that nothing happens on any more, in milliseconds. */
const idleCheck = 50;
/** Concurrent streams per HTTP/2 connection, as upstream. */
const maxStreams = 250;
/**
 * How long the headers and the address of a request may be together, in bytes: selectors and tokens can be long. Upstream takes
 * a megabyte; to take that apart would keep everybody else waiting here.
 */
const maxHeaderSize = 128 * 1024;
/** As upstream's server chooses: of two ciphers that nobody breaks the one that costs less, which long lists feel. */
const firstCipher = 'TLS_AES_128_GCM_SHA256';
const ciphers = [firstCipher, ...DEFAULT_CIPHERS.split(':').filter((name) => name !== firstCipher)].join(':');
const http1Options: ServerOptions = { maxHeaderSize };

/** HTTPS with HTTP/1.1 and HTTP/2 on one port. */
export class HttpsListener {
  readonly #server: Http2SecureServer;
  readonly #clock: Clock;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #sockets = new Set<Socket>();
  #draining = false;

  constructor(options: ListenOptions, onRequest: RequestListener, onUpgrade: UpgradeListener, clock: Clock) {
    this.#clock = clock;
    this.#server = createSecureServer({
      allowHTTP1: true,
      cert: options.cert,
      key: options.key,
      ...(options.clientCa && { ca: options.clientCa, requestCert: true, rejectUnauthorized: false }),
      minVersion: 'TLSv1.2',
      ciphers,
      honorCipherOrder: true,
      // The default of 10 MB refuses parallel answers of a few megabytes each.
      maxSessionMemory: 1000,
      settings: {
        maxConcurrentStreams: maxStreams,
        initialWindowSize: 256 * 1024,
        maxHeaderListSize: maxHeaderSize,
      },
      http1Options,
    });
    this.#server.on('request', (request, response) => {
      if (this.#draining && request.httpVersionMajor === 1) response.setHeader('connection', 'close');
      onRequest(request, response);
    });
    this.#server.on('upgrade', onUpgrade);
    this.#server.on('session', (session) => this.#track(this.#sessions, session));
    this.#server.on('secureConnection', (socket) => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, probeAfter); // a watch or an exec says nothing for hours, also when the client is gone
      socket.on('error', () => {}); // the peer's affair; 'close' follows
      this.#track(this.#sockets, socket);
    });
    this.#server.on('sessionError', () => {});
    this.#server.on('tlsClientError', () => options.onTlsError?.());
    (this.#server as { keepAliveTimeout?: number }).keepAliveTimeout = keepAlive;
    // How long a request may take is for the filters to say: what is sent through a proxy may take for ever.
    (this.#server as { requestTimeout?: number }).requestTimeout = 0;
  }

  /** @throws a sentence when the port is taken or not allowed */
  listen({ host, port }: ListenOptions): Promise<{ port: number; address: string }> {
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) => reject(cannotListen(error, host, port));
      this.#server.once('error', fail);
      this.#server.listen(port, host, () => {
        this.#server.off('error', fail);
        this.#server.on('error', () => {});
        const { port, address } = this.#server.address() as AddressInfo;
        resolve({ port, address });
      });
    });
  }

  /**
   * Takes no more connections, tells clients to go elsewhere (HTTP/2: GOAWAY, HTTP/1.1: `Connection: close`), lets what is
   * being answered finish for a while, then closes what is left.
   */
  async close(drainTime = defaultDrainTime): Promise<void> {
    this.#draining = true;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of this.#sessions) session.close();
    const idle = this.#clock.every(idleCheck, () => this.#closeIdle());
    this.#closeIdle();
    const drained = new AbortController();
    const limit = sleep(this.#clock, drainTime, drained.signal).catch(() => {});
    await Promise.race([closed, limit]);
    drained.abort();
    idle.cancel();
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Connections over which an answer has ended, watches among them, that had begun before the server stopped. */
  #closeIdle(): void {
    (this.#server as { closeIdleConnections?: () => void }).closeIdleConnections?.();
  }

  #track<T extends { on(event: 'close', listener: () => void): unknown }>(set: Set<T>, item: T): void {
    set.add(item);
    item.on('close', () => set.delete(item));
  }
}

function cannotListen(error: NodeJS.ErrnoException, host: string | undefined, port: number): Error {
  const what: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} is in use: stop the program that listens there, or choose another with --port.`,
    EADDRNOTAVAIL: `This machine has no address ${host ?? ''}: choose one of its own with --bind-address.`,
    EACCES: `Port ${port} may be listened on by root only: choose one above 1023 with --port.`,
  };
  return new Error(
    what[error.code ?? ''] ?? `The API server cannot listen on ${host ?? ''}:${port}: ${error.message}`,
    { cause: error },
  );
}
