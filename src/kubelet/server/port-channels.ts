import { Writable, type Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { errorMessage } from '../../base/log.ts';
import { readMessage, sendMessage } from './websocket-messages.ts';

/**
 * Forwards ports that are fixed from the begin over a WebSocket: the n-th has channel 2n for its data and 2n+1 for an
 * error. The first message of every channel is the port's number, low byte first. Resolves when the client has left.
 */
export async function forwardFixedPorts(
  socket: WebSocket,
  ports: readonly number[],
  base64: boolean,
  dial: (port: number) => Promise<Duplex>,
): Promise<void> {
  const targets = new Map<number, Promise<Duplex | undefined>>();
  for (const [i, port] of ports.entries()) {
    const send = (channel: number, data: Buffer) => sendMessage(socket, { channel, data }, base64).catch(() => {});
    const number = Buffer.from([port & 255, port >> 8]);
    void send(2 * i, number);
    void send(2 * i + 1, number);
    targets.set(
      2 * i,
      open(
        port,
        dial,
        (data) => send(2 * i, data),
        (text) => send(2 * i + 1, Buffer.from(text)),
      ),
    );
  }
  socket.on('message', (message) => {
    const read = readMessage(message as Buffer, base64);
    if (read && read.data.length > 0) void pass(socket, targets.get(read.channel), read.data);
  });
  await new Promise<void>((resolve) => {
    socket.once('close', resolve);
    socket.on('error', () => {}); // 'close' follows
  });
  for (const target of targets.values()) (await target)?.destroy();
}

async function open(
  port: number,
  dial: (port: number) => Promise<Duplex>,
  send: (data: Buffer) => Promise<void>,
  fail: (text: string) => Promise<void>,
): Promise<Duplex | undefined> {
  const failed = (error: unknown) => fail(`error forwarding port ${port}: ${errorMessage(error)}`);
  try {
    const target = await dial(port);
    target.on('error', (error) => void failed(error));
    // No faster than the client takes it.
    target.pipe(paced(send));
    return target;
  } catch (error) {
    await failed(error);
    return undefined;
  }
}

/** Hands data on; while the target does not keep up, nothing more is read. */
async function pass(socket: WebSocket, opening: Promise<Duplex | undefined> | undefined, data: Buffer): Promise<void> {
  const target = await opening;
  if (!target || target.destroyed || target.write(data)) return;
  socket.pause();
  const go = () => {
    target.off('drain', go);
    target.off('close', go);
    socket.resume();
  };
  target.on('drain', go);
  target.on('close', go);
}

/** Takes the next piece when the one before has been sent. */
function paced(send: (data: Buffer) => Promise<void>): Writable {
  const write = async (chunk: Buffer, done: () => void) => {
    await send(chunk);
    done();
  };
  return new Writable({ write: (chunk: Buffer, _encoding, done) => void write(chunk, done) });
}
