import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { decode, encode, streamDecode, streamEncode, type Packet } from 'dns-packet';
import type { UpstreamAddress } from '../../src/dns/upstream/exchange.ts';

/** What a server of the test answers; undefined: it is silent; bytes are sent as they are. */
export type Behaviour = (query: Packet, over: 'udp' | 'tcp') => Packet | Buffer | (Packet | Buffer)[] | undefined;

export interface UpstreamServer {
  readonly address: UpstreamAddress;
  /** The questions it got, as `udp example.com A`. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** An answer to a question, as any server would give it. */
export function reply(query: Packet, rest: Partial<Packet> & { rcode?: number } = {}): Packet {
  const flags = 0x0180 | (rest.rcode ?? 0) | (rest.flags ?? 0);
  return { ...rest, type: 'response', id: query.id!, questions: query.questions!, flags };
}

/** A DNS server on loopback, UDP and TCP, that behaves as the test says. */
export async function upstreamServer(behaviour: Behaviour): Promise<UpstreamServer> {
  const asked: string[] = [];
  const answersTo = (query: Packet, over: 'udp' | 'tcp') => {
    const { name, type } = query.questions![0]!;
    asked.push(`${over} ${name.toLowerCase()} ${type}`);
    return [behaviour(query, over) ?? []].flat();
  };
  const bytesOf = (message: Packet | Buffer) => (Buffer.isBuffer(message) ? message : encode(message));
  const tcp = createServer();
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as AddressInfo;
  const connections = new Set<Socket>();
  tcp.on('connection', (socket) => {
    connections.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const answer of answersTo(streamDecode(data as Buffer), 'tcp'))
        socket.write(Buffer.isBuffer(answer) ? answer : streamEncode(answer));
    });
  });
  const udp = createSocket('udp4');
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
  udp.on('message', (data, from) => {
    for (const answer of answersTo(decode(data), 'udp')) udp.send(bytesOf(answer), from.port, from.address);
  });
  return {
    address: { host: '127.0.0.1', port },
    asked,
    async stop() {
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => tcp.close(resolve));
      await new Promise<void>((resolve) => udp.close(() => resolve()));
    },
  };
}
