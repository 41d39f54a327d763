import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Bytes of the headers and the address of a request, as of the API server's: commands can be long. */
const MOST_HEADERS = 128 * 1024;

/** Certificates and key are PEM. */
export interface TlsListenerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Default: all addresses. */
  readonly address?: string | undefined;
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string;
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/**
 * An HTTPS server whose keys are read when the first client comes: a thousand simulated nodes each listen, and nobody
 * calls most of them.
 */
export class TlsListener {
  readonly #options: TlsListenerOptions;
  readonly #listening: Server;
  /** What the TLS server has been given: it does not listen itself, and so keeps no list of its own. */
  readonly #sockets = new Set<Socket>();
  #server: TlsServer | undefined;

  constructor(options: TlsListenerOptions) {
    this.#options = options;
    this.#listening = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      this.#server ??= this.#serve();
      this.#server.emit('connection', socket);
    });
  }

  /** The port it listens on. */
  get port(): number {
    return (this.#listening.address() as AddressInfo | null)?.port ?? this.#options.port;
  }

  /** @throws the system's error when the port is taken */
  start(): Promise<void> {
    const { port, address } = this.#options;
    return new Promise((resolve, reject) => {
      this.#listening.once('error', reject);
      this.#listening.listen({ port, ...(address && { host: address }) }, () => resolve());
    });
  }

  /** Cuts what is open. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#listening.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(): TlsServer {
    const { cert, key, clientCa, onRequest, onUpgrade } = this.#options;
    const server = createTlsServer({
      cert,
      key,
      ca: clientCa,
      requestCert: true,
      rejectUnauthorized: false, // who shows none may have a token
      minVersion: 'TLSv1.2',
      maxHeaderSize: MOST_HEADERS,
    });
    server.on('request', onRequest);
    server.on('upgrade', onUpgrade);
    server.on('tlsClientError', () => {}); // a client that does not believe ours
    return server;
  }
}
