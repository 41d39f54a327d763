import { durationUnits } from '../../apimachinery/duration.ts';
import { badRequest, timeout } from '../../apimachinery/api-error.ts';
import type { Clock } from '../../base/clock.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { sendError } from '../handlers/respond.ts';
import { isLongRunning } from '../long-running.ts';
import type { Filter } from './filter.ts';

/** Milliseconds that a request may take that is not meant to last. */
const defaultLimit = 60_000;
/** Deadlines are looked at so often, in milliseconds: one timer serves all requests. */
const step = 500;

/** Answers 504 when a request takes too long: more than `?timeout=` says, but never more than the server's limit. */
export const deadline: Filter = ({ clock, log, requestTimeout = defaultLimit, metrics }, next) => {
  const deadlines = new Deadlines(clock, (exchange) => {
    if (exchange.response.status !== 0) return;
    metrics.requests.terminated(exchange, 504);
    const message = 'Timeout: request did not complete within requested timeout - context deadline exceeded';
    sendError(exchange, timeout(message), log);
  });
  return async (exchange) => {
    if (isLongRunning(exchange.info)) return next(exchange);
    const entry = deadlines.add(exchange, Math.min(askedFor(exchange) ?? requestTimeout, requestTimeout));
    try {
      await next(exchange);
    } finally {
      deadlines.delete(entry);
    }
  };
};

interface Deadline {
  readonly exchange: Exchange;
  /** Of the clock's monotonic time. */
  readonly at: number;
}

/** Requests that must be over by some time. */
class Deadlines {
  readonly #clock: Clock;
  readonly #onOver: (exchange: Exchange) => void;
  readonly #waiting = new Set<Deadline>();
  #armed = false;

  constructor(clock: Clock, onOver: (exchange: Exchange) => void) {
    this.#clock = clock;
    this.#onOver = onOver;
  }

  add(exchange: Exchange, ms: number): Deadline {
    const entry = { exchange, at: this.#clock.monotonic() + ms };
    this.#waiting.add(entry);
    if (!this.#armed) this.#arm();
    return entry;
  }

  delete(entry: Deadline): void {
    this.#waiting.delete(entry);
  }

  #arm(): void {
    this.#armed = true;
    this.#clock.after(step, () => {
      this.#armed = false;
      this.#look();
      if (this.#waiting.size > 0) this.#arm();
    });
  }

  #look(): void {
    const now = this.#clock.monotonic();
    for (const entry of this.#waiting) {
      if (entry.at > now) continue;
      this.#waiting.delete(entry);
      this.#onOver(entry.exchange);
    }
  }
}

/** Milliseconds of `?timeout=1m30s`; undefined when there is none. @throws ApiError BadRequest */
function askedFor(exchange: Exchange): number | undefined {
  if (!exchange.request.url.includes('timeout=')) return undefined;
  const text = exchange.query.get('timeout');
  if (!text) return undefined;
  const parts = [...text.matchAll(/(\d{1,9}(?:\.\d{1,9})?)(ms|us|µs|ns|h|m|s)/g)];
  if (text !== '0' && parts.map((p) => p[0]).join('') !== text)
    throw badRequest(`invalid timeout specified in the request URL: time: invalid duration ${JSON.stringify(text)}`);
  const ms = parts.reduce((sum, [, value, unit]) => sum + Number(value) * durationUnits[unit!]!, 0) / 1e6;
  return ms > 0 ? ms : undefined;
}
