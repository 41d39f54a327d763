import { PassThrough, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import type { ProcessRequest } from './requests.ts';
import { Resizes, type ProcessChannels } from './process-channels.ts';

/** The first byte of every message says which channel it belongs to. */
const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** The subprotocols for exec and attach that we speak, the best first: version 5 can close stdin. */
export const processProtocols: readonly string[] = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** The channels of a process over a WebSocket. */
export function webSocketChannels(socket: WebSocket, request: ProcessRequest): ProcessChannels {
  const gone = new AbortController();
  const resizes = new Resizes();
  const stdin = request.stdin ? new PassThrough() : undefined;
  socket.on('message', (data) => take(data as Buffer, stdin, resizes, socket));
  const leave = () => {
    gone.abort(new Error('the client has left'));
    stdin?.end();
  };
  socket.on('close', leave);
  socket.on('error', leave);
  const stdout = request.stdout ? output(socket, channel.stdout) : undefined;
  const stderr = request.stderr ? output(socket, channel.stderr) : undefined;
  return {
    streams: { stdin, stdout, stderr, tty: request.tty, onResize: (listener) => resizes.listen(listener) },
    signal: gone.signal,
    async finish(status) {
      await Promise.all([stdout, stderr].map(ended));
      await send(socket, channel.error, Buffer.from(status)).catch(() => {});
      socket.close(1000);
    },
  };
}

function take(message: Buffer, stdin: PassThrough | undefined, resizes: Resizes, socket: WebSocket): void {
  const [which] = message;
  const rest = message.subarray(1);
  if (which === channel.resize) return resizes.take(rest.toString('utf8'));
  if (!stdin || stdin.writableEnded) return;
  if (which === channel.close && rest[0] === channel.stdin) return void stdin.end();
  if (which !== channel.stdin || rest.length === 0) return;
  if (stdin.write(rest)) return;
  socket.pause();
  stdin.once('drain', () => socket.resume());
}

function output(socket: WebSocket, which: number): Writable {
  const write = async (chunk: Buffer, done: () => void) => {
    // A client that is gone takes nothing any more; the process is told by the signal.
    await send(socket, which, chunk).catch(() => {});
    done();
  };
  return new Writable({ write: (chunk: Buffer, _encoding, done) => void write(chunk, done) });
}

function send(socket: WebSocket, which: number, data: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return reject(new Error('the client has left'));
    socket.send(Buffer.concat([Buffer.from([which]), data]), { binary: true }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
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
