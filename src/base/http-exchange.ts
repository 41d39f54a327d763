/**
 * A request and its answer without a socket: what the client's transports speak and what the API server can serve
 * directly, so that components in one process skip TLS and HTTP but nothing else.
 */
export interface HttpRequest {
  readonly method: string;
  /** Path and query, e.g. `/api/v1/pods?watch=1`. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | undefined;
  /** Aborting ends the request, including a response body that is still streaming. */
  readonly signal?: AbortSignal | undefined;
}

/** The answer. `body` must be consumed, or the request aborted. */
export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; several values of one name are joined with `, ` except `warning`, which is a list. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: AsyncIterable<Buffer>;
}

/** Sends one request. Rejects only when there is no answer at all (connection refused, aborted). */
export type HttpExchange = (request: HttpRequest) => Promise<HttpResponse>;
