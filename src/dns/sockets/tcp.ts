import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Respond, UdpOptions } from './udp.ts';

/** Milliseconds that a connection may be silent. */
const IDLE = 10_000;
const MOST_CONNECTIONS = 1000;
/** Questions of one connection that are under way before more are read. */
const MOST_UNDER_WAY = 64;
/** Bytes of answers that one may leave unread. */
const MOST_UNREAD = 1024 * 1024;

/** Answers questions over TCP, any number on one connection. @throws Error when the port is taken */
export async function listenTcp({
  host,
  port,
  respond,
  serves,
  clock,
}: UdpOptions & { clock: Clock }): Promise<TcpListener> {
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    if (!serves(socket.remoteAddress ?? '')) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    serve(socket, respond, clock);
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  server.on('error', () => {});
  return { server, close: () => close(server, connections) };
}

export interface TcpListener {
  readonly server: Server;
  close(): Promise<void>;
}

function close(server: Server, connections: ReadonlySet<Socket>): Promise<void> {
  for (const socket of connections) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Each message has its length in two bytes before it (RFC 1035, 4.2.2); answers go in any order (RFC 7766). */
function serve(socket: Socket, respond: Respond, clock: Clock): void {
  let received: Buffer = Buffer.alloc(0);
  let underWay = 0;
  let idle = clock.after(IDLE, () => socket.destroy());
  const settle = (answer: Buffer | undefined) => {
    underWay--;
    if (socket.destroyed) return;
    if (answer) send(socket, answer);
    if (socket.isPaused()) socket.resume();
    take();
  };
  const take = () => {
    while (underWay < MOST_UNDER_WAY && received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      const message = received.subarray(2, end);
      received = received.subarray(end);
      underWay++;
      const answer = respond(message);
      if (answer instanceof Promise) void answer.then((bytes) => settle(bytes));
      else {
        underWay--;
        if (answer) send(socket, answer);
      }
    }
    if (underWay >= MOST_UNDER_WAY) socket.pause();
  };
  socket.on('data', (chunk: Buffer) => {
    idle.cancel();
    idle = clock.after(IDLE, () => socket.destroy());
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    take();
  });
  socket.on('close', () => idle.cancel());
  socket.on('error', () => socket.destroy());
}

function send(socket: Socket, answer: Buffer): void {
  if (socket.writableLength > MOST_UNREAD) {
    socket.destroy();
    return;
  }
  const length = Buffer.from([answer.length >> 8, answer.length & 0xff]);
  socket.cork();
  socket.write(length);
  socket.write(answer);
  socket.uncork();
}
