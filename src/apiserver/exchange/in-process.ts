import { Readable } from 'node:stream';
import type { HttpExchange, HttpRequest, HttpResponse } from '../../base/http-exchange.ts';
import { tooLarge } from '../../apimachinery/api-error.ts';
import type { UserInfo } from '../../auth/user.ts';
import { Answer } from './answer.ts';
import { Exchange, type ApiRequest, type BodyStream, type Handler, type ResponseHeaders } from './exchange.ts';

/** A transport that hands requests of `identity` straight to `handler`, without sockets and TLS. */
export function inProcessExchange(handler: Handler, identity: UserInfo): HttpExchange {
  return (request) =>
    new Promise((resolve, reject) => {
      if (request.signal?.aborted) return reject(request.signal.reason);
      const closing = new Closing();
      const response = new InProcessResponse(resolve, closing);
      const onAbort = () => {
        response.cancel(request.signal!.reason);
        reject(request.signal!.reason);
      };
      request.signal?.addEventListener('abort', onAbort, { once: true });
      closing.listen(() => request.signal?.removeEventListener('abort', onAbort));
      void handler(new Exchange(new InProcessRequest(request, identity, closing), response));
    });
}

/** The end of an exchange, told once. */
class Closing {
  #listeners: (() => void)[] | undefined = [];

  listen(listener: () => void): void {
    if (this.#listeners) this.#listeners.push(listener);
    else listener();
  }

  close(): void {
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener();
  }
}

class InProcessRequest implements ApiRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly identity: UserInfo;
  readonly #body: Buffer | undefined;
  readonly #closing: Closing;

  constructor(request: HttpRequest, identity: UserInfo, closing: Closing) {
    this.method = request.method;
    this.url = request.url;
    this.headers = request.headers;
    this.identity = identity;
    this.#body = request.body;
    this.#closing = closing;
  }

  clientCertificate(): undefined {
    return undefined;
  }

  async body(limit: number): Promise<Buffer> {
    if (this.#body && this.#body.length > limit) throw tooLarge(limit);
    return this.#body ?? Buffer.alloc(0);
  }

  stream(): Readable {
    return Readable.from(this.#body ? [this.#body] : []);
  }

  onClose(listener: () => void): void {
    this.#closing.listen(listener);
  }
}

class InProcessResponse extends Answer {
  readonly #resolve: (response: HttpResponse) => void;
  readonly #closing: Closing;
  #stream: Queue | undefined;

  constructor(resolve: (response: HttpResponse) => void, closing: Closing) {
    super();
    this.#resolve = resolve;
    this.#closing = closing;
  }

  protected write(status: number, headers: ResponseHeaders, parts: readonly Buffer[]): void {
    this.#resolve({ status, headers: plain(headers), body: inOrder(parts) });
    this.#closing.close();
  }

  protected open(status: number, headers: ResponseHeaders): BodyStream {
    const queue = new Queue(() => this.#closing.close());
    this.#stream = queue;
    this.#resolve({ status, headers: plain(headers), body: queue });
    return queue;
  }

  /** The caller has gone. */
  cancel(reason: unknown): void {
    this.#stream?.finish(reason instanceof Error ? reason : new Error('aborted'));
    this.#closing.close();
  }

  abort(): void {
    this.cancel(new Error('the server cut the answer off'));
  }
}

async function* inOrder(parts: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const part of parts) if (part.length > 0) yield part;
}

function plain(headers: ResponseHeaders): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) out[name] = Array.isArray(value) ? value : String(value);
  return out;
}

/** The bytes that a reader has not fetched yet are at most so many before `write` says to wait. */
const highWaterMark = 64 * 1024;

/** Chunks between the handler that writes and the component that reads. */
class Queue implements BodyStream, AsyncIterable<Buffer> {
  waiting = 0;
  #chunks: Buffer[] = [];
  #wake: (() => void) | undefined;
  #drained: (() => void) | undefined;
  #end: { error?: Error } | undefined;
  readonly #onEnd: () => void;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  write(chunk: Buffer): boolean {
    if (this.#end) return true;
    this.#chunks.push(chunk);
    this.waiting += chunk.length;
    this.#wake?.();
    return this.waiting < highWaterMark;
  }

  onDrain(listener: () => void): void {
    this.#drained = listener;
  }

  end(): void {
    this.finish();
  }

  abort(): void {
    this.finish(new Error('the server cut the answer off'));
  }

  finish(error?: Error): void {
    if (this.#end) return;
    this.#end = error ? { error } : {};
    this.#wake?.();
    this.#onEnd();
  }

  #tellDrained(): void {
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunks = this.#chunks;
        this.#chunks = [];
        this.waiting = 0;
        for (const chunk of chunks) yield chunk; // `yield*` would wrap the list, and wait twice for each
        this.#tellDrained();
        if (this.#chunks.length > 0) continue;
        if (this.#end?.error) throw this.#end.error;
        if (this.#end) return;
        await new Promise<void>((wake) => (this.#wake = wake));
      }
    } finally {
      this.finish();
    }
  }
}
