import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { queryFlag } from '../../apimachinery/query-flag.ts';
import type { ClientCertificate } from '../../auth/authn/authenticator.ts';
import { anonymous, type UserInfo } from '../../auth/user.ts';
import type { RequestInfo } from '../request-info.ts';

/** Header fields of an answer, lower-case names. */
export type ResponseHeaders = Record<string, string | number | string[]>;

/** A connection that the client wants to leave HTTP on. */
export interface Upgrade {
  readonly socket: Duplex;
  /** What came behind the request's headers already. */
  readonly head: Buffer;
  /** The header lines as they came: name, value, name, value. */
  readonly rawHeaders: readonly string[];
}

/** A request, whichever way it came: HTTP/1.1, HTTP/2 or from a component in this process. */
export interface ApiRequest {
  /** Upper case. */
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** Set when the caller is known without asking (a component in this process). */
  readonly identity?: UserInfo | undefined;
  readonly upgrade?: Upgrade | undefined;
  /** @throws ApiError Unauthorized when a certificate was shown that the CA did not sign */
  clientCertificate(): ClientCertificate | undefined;
  /** The whole body. @throws ApiError RequestEntityTooLarge */
  body(limit: number): Promise<Buffer>;
  /** The body bit by bit, however long it is; instead of `body`. It ends with an error when the client goes. */
  stream(): Readable;
  /** The client's address, where it has one. */
  readonly remoteAddress?: string | undefined;
  /** Calls `listener` once when the answer has been sent or the client has gone. */
  onClose(listener: () => void): void;
}

/** An answer that is written bit by bit. After `end` or `abort` nothing may be written. */
export interface BodyStream {
  /** False when the client reads slower than we write. */
  write(chunk: Buffer): boolean;
  /** Calls `listener` once when the client has caught up, after a `write` that answered false. */
  onDrain(listener: () => void): void;
  /** Bytes that wait for the client. */
  readonly waiting: number;
  /** @param trailers header fields that come behind the body, where the transport has such; names in lower case */
  end(trailers?: Readonly<Record<string, string>>): void;
  /** Cuts the connection (or stream), so that the client cannot take what it got for the whole. */
  abort(): void;
}

/** Where the answer goes. Either `send` or `stream` is called, once; what comes after an answer goes nowhere. */
export interface ApiResponse {
  /** The status that was sent; 0 before. */
  readonly status: number;
  /** How many bytes of body were sent at once; 0 for streams. */
  readonly size: number;
  /** Adds a header field to whatever the answer will be. */
  addHeader(name: string, value: string): void;
  send(status: number, headers: ResponseHeaders, body: Buffer): void;
  /** The same with a body in parts, which are `length` bytes together. */
  sendParts(status: number, headers: ResponseHeaders, parts: readonly Buffer[], length: number): void;
  stream(status: number, headers: ResponseHeaders): BodyStream;
  /** Ends an answer that cannot be completed. */
  abort(): void;
}

const noQuery = new URLSearchParams();

/** A request on its way through the filters to a handler, with what was found out about it. */
export class Exchange {
  readonly request: ApiRequest;
  readonly response: ApiResponse;
  /** Without the query, still percent-encoded. */
  readonly path: string;
  /** Set by the request-info filter. */
  info!: RequestInfo;
  /** Set by the authentication filter. */
  user: UserInfo = anonymous;
  /** Set by the audit-id filter: the name of this request, in logs and for the client. */
  auditId = '';
  /** Texts for `Warning` headers. */
  readonly warnings: string[] = [];
  /** The methods that the path knows, for the `Allow` header of a refusal. */
  allow: readonly string[] = [];
  /** Set when what came is large: to be awaited between the parts of the work. */
  pause: (() => Promise<void>) | undefined;
  #query: URLSearchParams | undefined;

  constructor(request: ApiRequest, response: ApiResponse) {
    this.request = request;
    this.response = response;
    const mark = request.url.indexOf('?');
    this.path = mark < 0 ? request.url : request.url.slice(0, mark);
    if (mark < 0) this.#query = noQuery;
  }

  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(this.request.url.slice(this.path.length + 1)));
  }

  /** A boolean parameter, in whichever way the client spells it. */
  flag(name: string): boolean {
    return queryFlag(this.query.get(name));
  }
}

/** Something that answers a request. What it throws becomes a `Status`. */
export type Handler = (exchange: Exchange) => Promise<void> | void;
