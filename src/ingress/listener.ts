import type { Server } from 'node:http';
import type { Http2SecureServer, ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock, Timer } from '../base/clock.ts';
import { sleep } from '../base/clock.ts';

/** Milliseconds between two tries to listen on a port that somebody else has. */
const TRY_AGAIN = 5_000;
/** Milliseconds between two looks at what is left while stopping. */
const LOOK = 50;

export interface ListenerOptions {
  readonly server: Server | Http2SecureServer;
  readonly address: string | undefined;
  readonly port: number;
  readonly clock: Clock;
  /** Told whenever it begins to listen or finds that it cannot: then it goes on trying. */
  readonly told: (port: number, problem?: string) => void;
}

/** A server on a port, which may be taken for a while, and which is emptied before it goes. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #retry: Timer | undefined;
  #problem: string | undefined;
  #stopped = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { server } = options;
    server.on('connection', (socket: Socket) => keep(this.#sockets, socket));
    if ('setSecureContext' in server) {
      server.on('session', (session) => keep(this.#sessions, session));
    }
  }

  /** Resolves when the first try has succeeded or failed. */
  async start(): Promise<void> {
    const { address, port, clock, server, told } = this.#options;
    const problem = await this.#listen(address, port);
    if (this.#stopped) return;
    if (problem === undefined) return told((server.address() as AddressInfo).port);
    if (problem !== this.#problem) told(port, problem);
    this.#problem = problem;
    this.#retry = clock.after(TRY_AGAIN, () => void this.start());
  }

  /** @param drain milliseconds that requests get to end */
  async stop(drain: number): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    const { server, clock } = this.#options;
    if (!server.listening) return;
    const left = { open: true };
    const closed = new Promise<void>((resolve) => {
      server.close(() => {
        left.open = false;
        resolve();
      });
    });
    for (const session of this.#sessions) session.close();
    const end = clock.monotonic() + drain;
    while (left.open && clock.monotonic() < end) {
      // Connections become idle one by one; those that were upgraded are not the server's any more.
      if ('closeIdleConnections' in server) server.closeIdleConnections();
      await Promise.race([closed, sleep(clock, LOOK)]);
    }
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #listen(host: string | undefined, port: number): Promise<string | undefined> {
    const { server } = this.#options;
    return new Promise((resolve) => {
      const failed = (error: NodeJS.ErrnoException) => {
        server.off('listening', listening);
        resolve(reasonOf(error, port));
      };
      const listening = () => {
        server.off('error', failed);
        resolve(undefined);
      };
      server.once('error', failed);
      server.once('listening', listening);
      server.listen({ port, ...(host && { host }) });
    });
  }
}

function keep<T extends { once(event: 'close', then: () => void): unknown }>(set: Set<T>, one: T): void {
  set.add(one);
  one.once('close', () => set.delete(one));
}

function reasonOf({ code, message }: NodeJS.ErrnoException, port: number): string {
  if (code === 'EADDRINUSE') return `port ${port} of this node is in use by another program`;
  if (code === 'EACCES') return `port ${port} of this node may be listened on by root only`;
  return `port ${port} of this node cannot be listened on: ${message}`;
}
