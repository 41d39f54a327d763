import { pipeline } from 'node:stream/promises';
import type { Duplex } from 'node:stream';
import { errorMessage } from '../../base/log.ts';
import { SpdySession } from './spdy/session.ts';
import type { SpdyStream } from './spdy/stream.ts';

/** The SPDY protocol of port forwarding. */
export const portForwardProtocol = 'portforward.k8s.io';

interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
}

/**
 * Forwards ports over a SPDY connection: for every connection the client opens a stream for errors and one for data that
 * name the port and share a request id. Resolves when the client has left.
 */
export async function forwardPorts(socket: Duplex, dial: (port: number) => Promise<Duplex>): Promise<void> {
  const pairs = new Map<string, Pair>();
  const session = new SpdySession(socket, (stream) => {
    const type = stream.headers.get('streamtype');
    const id = stream.headers.get('requestid') ?? '';
    if (type !== 'error' && type !== 'data') {
      stream.destroy();
      return;
    }
    const pair = pairs.get(id) ?? {};
    pair[type] = stream;
    pairs.set(id, pair);
    stream.once('close', () => pairs.get(id) === pair && pairs.delete(id)); // the other one never came
    if (!pair.error || !pair.data) return;
    pairs.delete(id);
    void forward(pair.data, pair.error, dial);
  });
  await session.closed;
}

async function forward(data: SpdyStream, error: SpdyStream, dial: (port: number) => Promise<Duplex>): Promise<void> {
  error.resume();
  const port = Number(data.headers.get('port'));
  let target: Duplex;
  try {
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new Error(`"${data.headers.get('port')}" is not a port`);
    target = await dial(port);
  } catch (cause) {
    error.end(`error forwarding port ${port}: ${errorMessage(cause)}`);
    data.end();
    data.resume();
    return;
  }
  // Each direction ends by itself; a failure of either is the end of the connection and nothing to report.
  await Promise.allSettled([pipeline(data, target), pipeline(target, data)]);
  error.end();
}
