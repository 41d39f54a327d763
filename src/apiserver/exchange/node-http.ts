import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { badRequest, tooLarge } from '../../apimachinery/api-error.ts';
import type { ClientCertificate } from '../../auth/authn/authenticator.ts';
import { clientCertificateOf } from '../../auth/authn/client-certificate.ts';
import { Answer } from './answer.ts';
import type { ApiRequest, BodyStream, ResponseHeaders, Upgrade } from './exchange.ts';

/** What Node gives for a request over HTTP/1.1 or HTTP/2. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** How much of a body that is too large is read on, so that the client gets to see our answer. */
const drainLimit = 64 * 1024 * 1024;

/** A request that came over the network. */
export class NodeApiRequest implements ApiRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: NodeRequest['headers'];
  readonly upgrade: Upgrade | undefined;
  readonly #request: NodeRequest;
  readonly #closing: { once(event: 'close', listener: () => void): unknown };

  constructor(request: NodeRequest, closing: NodeResponse | Upgrade['socket'], upgrade?: Upgrade) {
    this.#request = request;
    this.#closing = closing;
    this.method = request.method ?? 'GET';
    this.url = request.url ?? '/';
    this.headers = request.headers;
    this.upgrade = upgrade;
  }

  clientCertificate(): ClientCertificate | undefined {
    const socket = 'stream' in this.#request ? this.#request.stream.session?.socket : this.#request.socket;
    return socket ? clientCertificateOf(socket as TLSSocket) : undefined;
  }

  body(limit: number): Promise<Buffer> {
    const request = this.#request;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let length = 0;
      if (Number(request.headers['content-length'] ?? 0) > limit) return reject(this.#refuse(limit));
      const onData = (chunk: Buffer) => {
        length += chunk.length;
        if (length <= limit) {
          chunks.push(chunk);
          return;
        }
        request.off('data', onData);
        reject(this.#refuse(limit));
      };
      request.on('data', onData);
      let whole = false;
      request.once('end', () => {
        whole = true;
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length));
      });
      const broken = () => {
        if (!whole) reject(badRequest('the connection was closed before the whole body came'));
      };
      request.once('error', broken);
      request.once('close', broken);
    });
  }

  stream(): Readable {
    return this.#request;
  }

  get remoteAddress(): string | undefined {
    return this.#request.socket.remoteAddress;
  }

  onClose(listener: () => void): void {
    this.#closing.once('close', listener);
  }

  /** Reads the rest away, up to a point. */
  #refuse(limit: number): Error {
    let drained = 0;
    this.#request.on('data', (chunk: Buffer) => {
      drained += chunk.length;
      if (drained > drainLimit) this.#request.destroy();
    });
    this.#request.on('error', () => {});
    return tooLarge(limit);
  }
}

/** The answer to a request that came over the network. */
export class NodeApiResponse extends Answer {
  readonly #response: ServerResponse;
  readonly #withoutBody: boolean;

  constructor(request: NodeRequest, response: NodeResponse) {
    super();
    this.#response = response as ServerResponse; // HTTP/2's has the same methods
    this.#withoutBody = request.method === 'HEAD';
  }

  protected write(status: number, headers: ResponseHeaders, parts: readonly Buffer[], length: number): void {
    const response = this.#response;
    headers['content-length'] = length;
    response.writeHead(status, headers);
    if (this.#withoutBody) return void response.end();
    for (let i = 0; i < parts.length - 1; i++) response.write(parts[i]!);
    response.end(parts.at(-1));
  }

  protected open(status: number, headers: ResponseHeaders): BodyStream {
    const response = this.#response;
    response.on('error', () => {}); // 'close' follows and is what counts
    response.writeHead(status, headers);
    response.flushHeaders?.();
    return {
      write: (chunk) => !response.writable || response.write(chunk),
      onDrain: (listener) => void response.once('drain', listener),
      get waiting() {
        return response.writableLength;
      },
      end: (trailers) => {
        if (trailers && Object.keys(trailers).length > 0) response.addTrailers(trailers);
        response.end();
      },
      abort: () => void response.destroy(),
    };
  }

  abort(): void {
    this.#response.destroy();
  }
}
