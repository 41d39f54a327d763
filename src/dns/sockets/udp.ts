import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Bytes of questions that may wait while we are busy. */
const WAITING = 4 * 1024 * 1024;

export type Respond = (message: Buffer) => Buffer | undefined | Promise<Buffer | undefined>;

export interface UdpOptions {
  readonly host: string;
  readonly port: number;
  readonly respond: Respond;
  /** Whether somebody with this address may ask. */
  readonly serves: (address: string) => boolean;
}

/** Answers datagrams. @returns the socket, which listens. @throws Error when the port is taken */
export async function listenUdp({ host, port, respond, serves }: UdpOptions): Promise<Socket> {
  // Addresses of askers are numbers: they need no look-up, not even one that only finds out that they need none.
  const lookup = (address: string, _: unknown, done: (error: null, address: string, family: number) => void) =>
    done(null, address, isIPv6(address) ? 6 : 4);
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', lookup });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: host, port }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  enlarge(socket);
  // What cannot be sent is lost, as datagrams may be: who asked will ask again.
  socket.on('error', () => {});
  const lost = () => {};
  let open = true;
  socket.on('close', () => (open = false));
  socket.on('message', (message, from) => {
    if (!serves(from.address)) return;
    const answer = respond(message);
    if (answer instanceof Promise)
      void answer.then((bytes) => bytes && open && socket.send(bytes, from.port, from.address, lost));
    else if (answer) socket.send(answer, from.port, from.address, lost);
  });
  return socket;
}

/** As much as the kernel allows. */
function enlarge(socket: Socket): void {
  try {
    socket.setRecvBufferSize(WAITING);
  } catch {
    // The default has to do.
  }
}
