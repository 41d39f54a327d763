import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { dialError } from './http-probe.ts';

/** A question to the health service of a gRPC server. */
export interface GrpcHealthRequest {
  readonly host: string;
  readonly port: number;
  /** Empty asks for the server as a whole. */
  readonly service: string;
  readonly signal: AbortSignal;
}

/** The names of the statuses, by their numbers. */
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;
export type GrpcHealth = (typeof STATUSES)[number];

/** Bytes of an answer that are read at most: the message is two. */
const ENOUGH = 1024;
const UNIMPLEMENTED = '12';

/**
 * Calls `grpc.health.v1.Health/Check` without encryption.
 * @throws Error with a sentence when there is no answer, or the server has no such service
 */
export async function grpcHealth({ host, port, service, signal }: GrpcHealthRequest): Promise<GrpcHealth> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const session = connect(`http://${address}`);
  const leave = () => session.destroy();
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([ask(session, address, service), failed(session, address), aborted(signal)]);
  } finally {
    signal.removeEventListener('abort', leave);
    session.destroy();
  }
}

async function ask(session: ClientHttp2Session, address: string, service: string): Promise<GrpcHealth> {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    ':authority': address,
    'content-type': 'application/grpc',
    'user-agent': 'kube-probe/1.36',
    te: 'trailers',
  });
  let head: IncomingHttpHeaders = {};
  stream.on('response', (headers) => (head = headers));
  stream.on('trailers', (trailers) => (head = { ...head, ...trailers }));
  stream.end(question(service));
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= ENOUGH) chunks.push(chunk);
  }
  return answer(head, Buffer.concat(chunks));
}

/** A message with its one field, the service's name, in the frame that gRPC puts around messages. */
function question(service: string): Buffer {
  const name = Buffer.from(service);
  const field = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(field.length, 1);
  return Buffer.concat([frame, field]);
}

function varint(value: number): Buffer {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function answer(head: IncomingHttpHeaders, body: Buffer): GrpcHealth {
  const code = String(head['grpc-status'] ?? '');
  const said = decoded(String(head['grpc-message'] ?? ''));
  if (code === UNIMPLEMENTED)
    throw new Error(`error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${said}`);
  if (code !== '0') {
    const why = code ? `rpc error: code ${code}: ${said}` : `unexpected HTTP status code ${String(head[':status'])}`;
    throw new Error(`error: health rpc probe failed: ${why}`);
  }
  // Field 1, a number; absent it is 0.
  const message = body.subarray(5);
  return STATUSES[message[0] === 0x08 ? (message[1] ?? 0) : 0] ?? 'UNKNOWN';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function failed(session: ClientHttp2Session, address: string): Promise<never> {
  return new Promise((_resolve, reject) => {
    session.once('error', (error) =>
      reject(new Error(`error: failed to connect service at "${address}": ${dialError(error, address)}`)),
    );
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
