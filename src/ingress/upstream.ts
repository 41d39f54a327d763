import type { Readable } from 'node:stream';
import type { RawHeaders } from './headers.ts';
import type { Endpoint } from './table.ts';

/** A request as it goes to a backend. Times are in milliseconds. */
export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
  /** Absent: there is none. */
  readonly body: Readable | undefined;
  readonly secure: boolean;
  readonly connectTimeout: number;
  readonly readTimeout: number;
}

/** What a backend answers. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly reason?: string | undefined;
  readonly headers: RawHeaders;
  readonly body: Readable;
  /** Neither body nor trailers follow. */
  readonly over: boolean;
  /** When the body has ended. */
  trailers(): RawHeaders;
  /** Whether the body ended as it should have. */
  whole(): boolean;
}

/** How far a request came that failed. */
export type Stage = 'unsent' | 'sent';

/** Told one of the two, once. */
export interface UpstreamHandlers {
  readonly answered: (answer: UpstreamAnswer) => void;
  readonly failed: (error: UpstreamError, stage: Stage) => void;
}

/** Why a backend did not answer. */
export class UpstreamError extends Error {
  readonly timedOut: boolean;

  constructor(message: string, timedOut = false) {
    super(message);
    this.timedOut = timedOut;
  }
}

/** A way to speak to backends. */
export interface UpstreamClient {
  /** @returns what ends the request */
  send(endpoint: Endpoint, request: UpstreamRequest, handlers: UpstreamHandlers): () => void;
  close(): void;
}
