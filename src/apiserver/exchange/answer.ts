import type { ApiResponse, BodyStream, ResponseHeaders } from './exchange.ts';

/** What all answers have in common, whichever way they go: only the first one counts, and filters may add header fields. */
export abstract class Answer implements ApiResponse {
  status = 0;
  size = 0;
  #added: ResponseHeaders | undefined;

  addHeader(name: string, value: string): void {
    (this.#added ??= {})[name] = value;
  }

  send(status: number, headers: ResponseHeaders, body: Buffer): void {
    this.sendParts(status, headers, [body], body.length);
  }

  sendParts(status: number, headers: ResponseHeaders, parts: readonly Buffer[], length: number): void {
    if (this.status !== 0) return;
    this.status = status;
    this.size = length;
    this.write(status, this.#added ? Object.assign(headers, this.#added) : headers, parts, length);
  }

  stream(status: number, headers: ResponseHeaders): BodyStream {
    if (this.status !== 0) return nowhere;
    this.status = status;
    return this.open(status, this.#added ? Object.assign(headers, this.#added) : headers);
  }

  abstract abort(): void;
  protected abstract write(status: number, headers: ResponseHeaders, parts: readonly Buffer[], length: number): void;
  protected abstract open(status: number, headers: ResponseHeaders): BodyStream;
}

/** Where the body of an answer goes that comes too late. */
const nowhere: BodyStream = {
  write: () => true,
  onDrain: () => {},
  waiting: 0,
  end: () => {},
  abort: () => {},
};
