import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { errorMessage } from '../../base/log.ts';
import { lowerCase } from '../wire/name.ts';
import { readReply, writeQuery, type Reply } from '../wire/reply.ts';

/** Another DNS server. */
export interface UpstreamAddress {
  readonly host: string;
  readonly port: number;
}

export interface Exchange {
  readonly server: UpstreamAddress;
  /** The name as it is sent: in a random case, which the answer must repeat. */
  readonly name: string;
  readonly type: number;
  readonly edns: boolean;
  /** Milliseconds until the server counts as silent. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** So many answers that are not to our question: somebody guesses, so it is asked again over TCP. */
const MOST_STRANGE = 3;

type Outcome = Reply | 'again over TCP';

/**
 * Asks one server over UDP, and over TCP when the answer is too long or cannot be trusted.
 * @throws Error when there is no answer in time
 */
export async function ask(exchange: Exchange): Promise<Reply> {
  const started = exchange.clock.monotonic();
  const outcome = await askOverUdp(exchange);
  if (outcome !== 'again over TCP' && !outcome.truncated) return outcome;
  const left = exchange.timeout - (exchange.clock.monotonic() - started);
  return askOverTcp({ ...exchange, timeout: Math.max(left, exchange.timeout / 2) });
}

/** A socket, and so a port, of its own for every question: an answer has to guess both the port and the id. */
function askOverUdp({ server, name, type, edns, timeout, clock, random }: Exchange): Promise<Outcome> {
  const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4');
  const id = Math.floor(random() * 65_536);
  let strange = 0;
  return settle<Outcome>(
    (resolve, reject) => {
      socket.on('error', reject);
      socket.on('message', (message) => {
        const reply = readQuietly(message);
        if (reply?.id === id && isAbout(reply, name, type)) return resolve(reply);
        const onlyCase = reply?.id === id && isAbout(reply, name, type, lowerCase);
        if (onlyCase || ++strange >= MOST_STRANGE) resolve('again over TCP');
      });
      // A connected socket hears nobody but the server, and is told when nobody listens there.
      socket.connect(server.port, server.host, () => socket.send(writeQuery(id, name, type, { edns })));
    },
    { clock, timeout, end: () => socket.close() },
  );
}

function askOverTcp({ server, name, type, edns, timeout, clock, random }: Exchange): Promise<Reply> {
  const socket = connect({ host: server.host, port: server.port });
  const id = Math.floor(random() * 65_536);
  let received = Buffer.alloc(0);
  return settle<Reply>(
    (resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the connection was closed')));
      socket.on('connect', () => {
        const query = writeQuery(id, name, type, { edns });
        socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 0xff]), query]));
      });
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        const reply = readQuietly(received.subarray(2, 2 + received.readUInt16BE(0)));
        if (reply?.id === id && !reply.truncated && isAbout(reply, name, type, lowerCase)) resolve(reply);
        else reject(new Error('the answer is not to the question'));
      });
    },
    { clock, timeout, end: () => socket.destroy() },
  );
}

function settle<T>(
  work: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
  { clock, timeout, end }: { clock: Clock; timeout: number; end: () => void },
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = clock.after(timeout, () => reject(new Error(`no answer within ${timeout} ms`)));
  work(resolve, (error) => reject(new Error(errorMessage(error))));
  return promise.finally(() => {
    timer.cancel();
    end();
  });
}

function isAbout({ question }: Reply, name: string, type: number, as = (text: string) => text): boolean {
  return question !== undefined && question.type === type && as(question.name) === as(name);
}

function readQuietly(message: Buffer): Reply | undefined {
  try {
    return readReply(message);
  } catch {
    return undefined;
  }
}
