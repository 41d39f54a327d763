import { connect as connectPlain, type Socket } from 'node:net';
import { connect } from 'node:tls';
import type { Target } from './target.ts';

export interface Answer {
  status: number;
  /** Length of the body in bytes. */
  length: number;
  /** The body, kept only when asked for. */
  body: Buffer | undefined;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/**
 * One keep-alive HTTP/1.1 connection, over TLS unless the target is plain, with one request under way at a time. It does as little as a client can:
 * what is to be measured is the server.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #target: Target;
  #chunks: Buffer[] = [];
  #size = 0;
  #needed = 0;
  #done: ((answer: Answer) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;
  #keep = false;

  private constructor(socket: Socket, target: Target) {
    this.#socket = socket;
    this.#target = target;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', (error) => this.#fail?.(error));
    socket.on('close', () => this.#fail?.(new Error('the server closed the connection')));
  }

  static open(target: Target): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const options = { host: target.host, port: target.port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };
      const done = () => resolve(new Connection(socket, target));
      const socket: Socket = target.plain ? connectPlain(options, done) : connect(options, done);
      socket.once('error', reject);
    });
  }

  /** Text of a request as it goes over the wire; make it once and send it often. */
  static encode(target: Target, method: string, path: string, body = '', type = 'application/json'): Buffer {
    const lines = [
      `${method} ${path} HTTP/1.1`,
      `host: ${target.host}:${target.port}`,
      `authorization: Bearer ${target.token}`,
    ];
    lines.push('accept: application/json');
    if (body) lines.push(`content-type: ${type}`, `content-length: ${Buffer.byteLength(body)}`);
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  send(request: Buffer, keep = false): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#fail = reject;
      this.#keep = keep;
      this.#chunks = [];
      this.#size = 0;
      this.#needed = 0;
      this.#socket.write(request);
    });
  }

  /** Encodes, sends, and returns the parsed JSON; throws for anything but 2xx. */
  async json(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await this.send(
      Connection.encode(this.#target, method, path, body ? JSON.stringify(body) : ''),
      true,
    );
    const text = answer.body!.toString();
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }

  close(): void {
    this.#fail = undefined;
    this.#socket.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed) return;
    const all = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    const head = all.indexOf(END_OF_HEAD);
    if (head < 0) return;
    const text = all.toString('latin1', 0, head).toLowerCase();
    const length = /\r\ncontent-length: *(\d+)/.exec(text)?.[1];
    const total = length === undefined ? endOfChunks(all, head + 4) : head + 4 + Number(length);
    this.#chunks = [all];
    if (total === undefined || all.length < total) {
      this.#needed = total ?? 0;
      return;
    }
    const status = Number(text.slice(9, 12));
    const body = all.subarray(head + 4, total);
    const done = this.#done;
    this.#done = this.#fail = undefined;
    done?.({
      status,
      length: body.length,
      body: this.#keep ? (length === undefined ? unchunk(body) : Buffer.from(body)) : undefined,
    });
  }
}

/** Where a chunked body that begins at `at` ends, or undefined when it has not all come. */
function endOfChunks(all: Buffer, at: number): number | undefined {
  for (;;) {
    const line = all.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = parseInt(all.toString('latin1', at, line), 16);
    at = line + 2 + size + 2;
    if (at > all.length) return undefined;
    if (size === 0) return at;
  }
}

function unchunk(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const line = body.indexOf('\r\n', at);
    const size = parseInt(body.toString('latin1', at, line), 16);
    if (size === 0) return Buffer.concat(parts);
    parts.push(body.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
