import { serviceUnavailable } from '../../src/apimachinery/api-error.ts';
import { sleep, type Clock } from '../../src/base/clock.ts';
import type { HttpExchange, HttpRequest, HttpResponse } from '../../src/base/http-exchange.ts';
import type { Random } from '../../src/base/random.ts';

/** An answer that was read to its end, to be given again. */
interface Recorded {
  readonly status: number;
  readonly headers: HttpResponse['headers'];
  readonly body: Buffer;
}

/** So many earlier answers to a list are remembered. */
const MEMORY = 6;

/**
 * Stands between a controller and the server, so that the controller lives in the past: each watch tells what happened
 * late, some much later than others; a list shows the state of some time ago; and writes fail, some after they were
 * carried out. Reads of single objects are answered truly, as the server promises. All by chance, which can be repeated.
 */
export class Laggard {
  /** The longest that a watch holds back what happened, in milliseconds; 0: everything is in time. */
  longest = 0;
  /** Of so many writes (0 to 1) one fails. */
  failing = 0;
  /** Lets a request be changed on its way. */
  change: (request: HttpRequest) => HttpRequest = (request) => request;
  readonly #clock: Clock;
  readonly #random: Random;
  #send: HttpExchange | undefined;
  #lists = new Map<string, { request: HttpRequest; answers: Recorded[] }>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** What `World` takes as `between`. */
  readonly between = (send: HttpExchange): HttpExchange => {
    this.#send = send;
    return (request) => this.#exchange(this.change(request), send);
  };

  /** Remembers the present, for lists of later. */
  async remember(): Promise<void> {
    for (const { request, answers } of this.#lists.values()) {
      answers.push(await recorded(await this.#send!({ ...request, signal: undefined })));
      if (answers.length > MEMORY) answers.shift();
    }
  }

  async #exchange(request: HttpRequest, send: HttpExchange): Promise<HttpResponse> {
    if (request.method !== 'GET') return this.#write(request, send);
    const { pathname, searchParams } = new URL(request.url, 'http://server');
    const name = pathname.split('/').at(-1)!;
    if (searchParams.get('watch')) {
      const response = await send(request);
      return { ...response, body: this.#late(response.body, request.signal) };
    }
    // The controllers watch all namespaces: a list is `/api/v1/pods`, an object has a longer path.
    const isList = searchParams.has('limit') && !searchParams.has('continue') && name !== '';
    return isList ? this.#list(request, send) : send(request);
  }

  async #list(request: HttpRequest, send: HttpExchange): Promise<HttpResponse> {
    const known = this.#lists.get(request.url);
    if (!known) this.#lists.set(request.url, { request, answers: [] });
    const answers = this.longest > 0 ? (known?.answers ?? []) : [];
    const chosen = answers[Math.floor(this.#random() * (answers.length + 1))];
    return chosen ? replayed(chosen) : send(request);
  }

  async #write(request: HttpRequest, send: HttpExchange): Promise<HttpResponse> {
    const [fails, before] = [this.#random() < this.failing, this.#random() < 0.5];
    if (fails && before) throw serviceUnavailable('the request was lost');
    const response = await send(request);
    if (!fails) return response;
    await recorded(response);
    throw serviceUnavailable('the answer was lost');
  }

  async *#late(body: AsyncIterable<Buffer>, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      const delay = this.#delay();
      if (delay > 0) await sleep(this.#clock, delay, signal);
      yield chunk;
    }
  }

  /** Mostly short, now and then as long as it may be. */
  #delay(): number {
    const share = this.#random();
    return this.longest * share ** 6;
  }
}

async function recorded({ status, headers, body }: HttpResponse): Promise<Recorded> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return { status, headers, body: Buffer.concat(chunks) };
}

function replayed({ status, headers, body }: Recorded): HttpResponse {
  const once = (async function* () {
    yield body;
  })();
  return { status, headers, body: once };
}
