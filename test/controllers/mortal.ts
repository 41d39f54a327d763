import type { Clock, Timer } from '../../src/base/clock.ts';
import type { HttpExchange, HttpRequest, HttpResponse } from '../../src/base/http-exchange.ts';

const never = new Promise<never>(() => {});

/** A write that was sent, as a sentence would name it: `POST /api/v1/namespaces/default/pods`. */
export type Sent = string;

/**
 * Lets a process die without a trace: from that moment none of its requests reaches the server, none of its timers
 * fires, and it learns of no answer and no watch event, so that nothing of it is ever cleaned up.
 */
export class Mortal {
  /** The writes that were sent so far. Those of events and leases are not counted: no state depends on them. */
  readonly writes: Sent[] = [];
  /** The write with this number (from 1) is the last: the server carries it out, and nobody hears of it. */
  diesAt = Infinity;
  readonly #exchange: HttpExchange;
  readonly #end = new AbortController();
  readonly #timers = new Set<Timer>();

  constructor(exchange: HttpExchange) {
    this.#exchange = exchange;
  }

  get dead(): boolean {
    return this.#end.signal.aborted;
  }

  readonly exchange: HttpExchange = (request) => {
    if (this.dead) return never;
    const counts = isCounted(request);
    if (counts) this.writes.push(`${request.method} ${request.url}`);
    // It dies while the write is on its way: what was sent before comes through, what it would send next does not.
    const last = counts && this.writes.length >= this.diesAt;
    const answer = this.#send(request);
    if (last) this.die();
    return answer;
  };

  die(): void {
    this.#end.abort(new Error('the process died'));
    for (const timer of this.#timers) timer.cancel();
  }

  /** The clock as the process sees it. */
  clock(real: Clock): Clock {
    const keep = (timer: Timer) => {
      if (this.dead) timer.cancel();
      else this.#timers.add(timer);
      return timer;
    };
    return {
      now: () => real.now(),
      monotonic: () => real.monotonic(),
      after: (ms, fn) => {
        const timer = keep(real.after(ms, () => (this.#timers.delete(timer), fn())));
        return timer;
      },
      every: (ms, fn) => keep(real.every(ms, fn)),
    };
  }

  async #send(request: HttpRequest): Promise<HttpResponse> {
    const reads = request.method === 'GET';
    // The server notices that a reader has gone; a write that it has is carried out.
    const signal = reads ? AbortSignal.any([this.#end.signal, ...(request.signal ? [request.signal] : [])]) : undefined;
    const response = await this.#exchange(signal ? { ...request, signal } : request).catch((error: unknown) => {
      if (this.dead) return never;
      throw error;
    });
    if (this.dead) return never;
    return { ...response, body: this.#body(response.body) };
  }

  async *#body(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of body) {
        if (this.dead) await never;
        yield chunk;
      }
    } catch (error) {
      if (this.dead) await never;
      throw error;
    }
    if (this.dead) await never;
  }
}

function isCounted({ method, url }: HttpRequest): boolean {
  return method !== 'GET' && !/\/(events|leases)(\/|\?|$)/.test(url);
}
