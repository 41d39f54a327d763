import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import { timeout } from '../../apimachinery/api-error.ts';
import { Resizes, type ProcessChannels } from './process-channels.ts';
import type { ProcessProtocol } from './process-protocols.ts';
import type { ProcessRequest } from './requests.ts';
import { SpdySession } from './spdy/session.ts';
import type { SpdyStream } from './spdy/stream.ts';

/** Milliseconds in which the client has to open all its streams. */
const OPEN_TIMEOUT = 30_000;

/** The channels of a process over SPDY: one stream each, named by the header `streamType`. @throws ApiError Timeout */
export async function spdyChannels(
  socket: Duplex,
  request: ProcessRequest,
  clock: Clock,
  protocol: ProcessProtocol = { version: 5 },
): Promise<ProcessChannels> {
  const wanted = new Set(['error']);
  for (const name of ['stdin', 'stdout', 'stderr'] as const) if (request[name]) wanted.add(name);
  if (request.tty && protocol.version >= 3) wanted.add('resize');
  const found = new Map<string, SpdyStream>();
  const complete = Promise.withResolvers<void>();
  const session = new SpdySession(socket, (stream) => {
    found.set(stream.headers.get('streamtype') ?? '', stream);
    if ([...wanted].every((name) => found.has(name))) complete.resolve();
  });
  await withTimeout(clock, Promise.race([complete.promise, session.closed]), () => socket.destroy());
  const gone = new AbortController();
  void session.closed.then(() => gone.abort(new Error('the client has left')));
  const resizes = new Resizes();
  found.get('resize')?.on('data', (data: Buffer) => eachLine(data, (text) => resizes.take(text)));
  const [stdin, stdout, stderr] = [found.get('stdin'), found.get('stdout'), found.get('stderr')];
  return {
    streams: { stdin, stdout, stderr, tty: request.tty, onResize: (listener) => resizes.listen(listener) },
    signal: gone.signal,
    async finish(status) {
      await Promise.all([ended(stdout), ended(stderr)]);
      const error = found.get('error');
      if (status) error?.write(status);
      await ended(error);
      await session.end();
    },
  };
}

/** Several sizes may come in one piece; each is a JSON object on a line of its own. */
function eachLine(data: Buffer, take: (text: string) => void): void {
  for (const line of data.toString('utf8').split('\n')) if (line.trim()) take(line);
}

async function withTimeout(clock: Clock, promise: Promise<void>, giveUp: () => void): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = clock.after(OPEN_TIMEOUT, () => {
    giveUp();
    late.reject(timeout('the client did not open its streams in time'));
  });
  try {
    await Promise.race([promise, late.promise]);
  } finally {
    timer.cancel();
  }
}

function ended(stream: SpdyStream | undefined): Promise<void> {
  if (!stream || stream.destroyed || stream.writableFinished) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('finish', resolve);
    stream.once('close', resolve);
    stream.end();
  });
}
