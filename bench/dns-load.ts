import { createSocket, type Socket } from 'node:dgram';

const TYPES = { A: 1, PTR: 12, AAAA: 28, SRV: 33 } as const;

/** A question for the load, encoded once; its id is written when it is sent. */
export function dnsQuestion(name: string, type: keyof typeof TYPES): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const head = Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, TYPES[type], 0, 1])]);
}

/** The code of an answer and its addresses, for questions of the type A. */
export function readAnswer(message: Buffer): { rcode: number; count: number; has: (ip: readonly number[]) => boolean } {
  return {
    rcode: message[3]! & 0xf,
    count: message.readUInt16BE(6),
    has: (ip) => message.includes(Buffer.from(ip), 12),
  };
}

export interface DnsLoad {
  readonly port: number;
  readonly questions: readonly Buffer[];
  readonly seconds: number;
  /** Questions under way at a time, over all sockets; each answer makes room for the next. */
  readonly underWay?: number;
  /** Instead: so many questions a second, evenly. */
  readonly rate?: number;
}

export interface DnsLoadResult {
  readonly answers: number;
  readonly perSecond: number;
  /** Milliseconds from a question to its answer, sorted. */
  readonly times: Float64Array;
  readonly lost: number;
  readonly failed: number;
}

const SOCKETS = 4;

/** Asks a DNS server over UDP as fast as it answers, or at a rate. */
export async function dnsLoad({ port, questions, seconds, underWay = 32, rate }: DnsLoad): Promise<DnsLoadResult> {
  const times: number[] = [];
  let [sent, failed] = [0, 0];
  const sockets: { socket: Socket; since: Float64Array; next: number }[] = [];
  const ask = (at: (typeof sockets)[number]) => {
    const question = Buffer.from(questions[sent++ % questions.length]!);
    const id = (at.next = (at.next + 1) & 0xffff);
    question.writeUInt16BE(id, 0);
    at.since[id] = performance.now();
    at.socket.send(question);
  };
  const started = performance.now();
  const ends = started + seconds * 1000;
  for (let i = 0; i < SOCKETS; i++) {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 });
    const at = { socket, since: new Float64Array(65_536), next: 0 };
    socket.on('message', (message) => {
      const now = performance.now();
      times.push(now - at.since[message.readUInt16BE(0)]!);
      if (![0, 3].includes(readAnswer(message).rcode)) failed++;
      if (rate === undefined && now < ends) ask(at);
    });
    await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
    sockets.push(at);
  }
  if (rate === undefined) for (let i = 0; i < underWay; i++) ask(sockets[i % SOCKETS]!);
  else await pace(rate, ends, (n) => ask(sockets[n % SOCKETS]!));
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, ends - performance.now()) + 100));
  for (const { socket } of sockets) socket.close();
  const sorted = Float64Array.from(times).sort();
  return { answers: times.length, perSecond: times.length / seconds, times: sorted, lost: sent - times.length, failed };
}

/** Asks every millisecond as many as are due, and leaves the processor to the server meanwhile. */
async function pace(rate: number, ends: number, ask: (n: number) => void): Promise<void> {
  const started = performance.now();
  for (let n = 0; performance.now() < ends;) {
    const due = Math.floor(((performance.now() - started) * rate) / 1000);
    while (n < due) ask(n++);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
