import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Answer } from './answer.ts';
import { Exchange, type BodyStream, type ResponseHeaders } from './exchange.ts';
import { NodeApiRequest } from './node-http.ts';

/** The exchange of a request that asks to leave HTTP: the socket is the handler's, and errors are written by hand. */
export function upgradeExchange(request: IncomingMessage, socket: Duplex, head: Buffer): Exchange {
  socket.on('error', () => {}); // 'close' follows and is what counts
  const upgrade = { socket, head, rawHeaders: request.rawHeaders };
  return new Exchange(new NodeApiRequest(request, socket, upgrade), new SocketResponse(socket));
}

/** Writes an answer on the bare socket and closes it. */
class SocketResponse extends Answer {
  readonly #socket: Duplex;

  constructor(socket: Duplex) {
    super();
    this.#socket = socket;
  }

  protected write(status: number, headers: ResponseHeaders, parts: readonly Buffer[], length: number): void {
    const lines = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Connection: close',
      `Content-Length: ${length}`,
    ];
    for (const [name, value] of Object.entries(headers)) {
      for (const one of [value].flat()) lines.push(`${name}: ${one}`);
    }
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'); // as header fields come
    for (const part of parts) this.#socket.write(part);
    this.#socket.end();
  }

  /** The handler has taken the socket over: nothing is written here any more. */
  protected open(): BodyStream {
    const socket = this.#socket;
    return {
      write: (chunk) => socket.write(chunk),
      onDrain: (listener) => void socket.once('drain', listener),
      waiting: 0,
      end: () => void socket.end(),
      abort: () => void socket.destroy(),
    };
  }

  abort(): void {
    this.#socket.destroy();
  }
}
