import { PassThrough, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import type { ProcessRequest } from './requests.ts';
import { Resizes, type ProcessChannels } from './process-channels.ts';
import type { ProcessProtocol } from './process-protocols.ts';
import { readMessage, sendMessage, type ChannelMessage } from './websocket-messages.ts';

/** The first byte of every message says which channel it belongs to. */
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** The channels of a process over a WebSocket. */
export function webSocketChannels(
  socket: WebSocket,
  request: ProcessRequest,
  protocol: ProcessProtocol = { version: 5 },
): ProcessChannels {
  const wire = { socket, base64: protocol.base64 ?? false };
  const gone = new AbortController();
  const resizes = new Resizes();
  const stdin = request.stdin ? new PassThrough() : undefined;
  socket.on('message', (data) => take(readMessage(data as Buffer, wire.base64), stdin, resizes, socket));
  const leave = () => {
    gone.abort(new Error('the client has left'));
    stdin?.end();
  };
  socket.on('close', leave);
  socket.on('error', leave);
  const stdout = request.stdout ? output(wire, channel.stdout) : undefined;
  const stderr = request.stderr ? output(wire, channel.stderr) : undefined;
  // Tells the client that the connection is there.
  const first = request.stdout ? channel.stdout : request.stderr ? channel.stderr : channel.error;
  sendMessage(socket, { channel: first, data: Buffer.alloc(0) }, wire.base64).catch(() => {});
  return {
    streams: { stdin, stdout, stderr, tty: request.tty, onResize: (listener) => resizes.listen(listener) },
    signal: gone.signal,
    async finish(status) {
      await Promise.all([stdout, stderr].map(ended));
      if (status) await send(wire, channel.error, Buffer.from(status));
      socket.close(1000);
    },
  };
}

function take(
  message: ChannelMessage | undefined,
  stdin: PassThrough | undefined,
  resizes: Resizes,
  socket: WebSocket,
): void {
  const { channel: which, data } = message ?? {};
  if (!data) return;
  if (which === channel.resize) return resizes.take(data.toString('utf8'));
  if (!stdin || stdin.writableEnded) return;
  if (which === channel.close && data[0] === channel.stdin) return void stdin.end();
  if (which !== channel.stdin || data.length === 0) return;
  if (stdin.write(data)) return;
  socket.pause();
  stdin.once('drain', () => socket.resume());
}

interface Wire {
  readonly socket: WebSocket;
  readonly base64: boolean;
}

function output(wire: Wire, which: number): Writable {
  const write = async (chunk: Buffer, done: () => void) => {
    await send(wire, which, chunk);
    done();
  };
  return new Writable({ write: (chunk: Buffer, _encoding, done) => void write(chunk, done) });
}

/** A client that is gone takes nothing any more; the process is told by the signal. */
async function send({ socket, base64 }: Wire, which: number, data: Buffer): Promise<void> {
  await sendMessage(socket, { channel: which, data }, base64).catch(() => {});
}

/** Ends a stream and waits until everything has been taken. */
function ended(stream: Writable | undefined): Promise<void> {
  if (!stream || stream.destroyed || stream.writableFinished) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('finish', resolve);
    stream.once('error', () => resolve());
    stream.end();
  });
}
