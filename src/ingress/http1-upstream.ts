import * as http from 'node:http';
import * as https from 'node:https';
import type { Clock, Timer } from '../base/clock.ts';
import { guardedLookup } from './reachable.ts';
import type { Endpoint } from './table.ts';
import { UpstreamError, type UpstreamClient, type UpstreamHandlers, type UpstreamRequest } from './upstream.ts';

/** Idle connections to one endpoint that are kept. */
const MOST_IDLE = 128;
/** Milliseconds for which an idle connection is kept; backends that close sooner say so. */
const IDLE = 55_000;

/** Backends that speak HTTP/1.1. Connections are kept and used again. */
export class Http1Upstream implements UpstreamClient {
  readonly #clock: Clock;
  readonly #plain = new http.Agent({ keepAlive: true, maxFreeSockets: MOST_IDLE, timeout: IDLE });
  /** Certificates of backends are not checked: their names are those of services at best. ingress-nginx does so too. */
  readonly #secure = new https.Agent({
    keepAlive: true,
    maxFreeSockets: MOST_IDLE,
    timeout: IDLE,
    rejectUnauthorized: false,
  });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A request that nobody has sent yet. @throws for a path or a header that HTTP does not allow */
  open({ host, port }: Endpoint, { method, path, headers, secure }: UpstreamRequest): http.ClientRequest {
    const agent = secure ? this.#secure : this.#plain;
    const options = { host, port, method, path, headers, agent, lookup: guardedLookup, setDefaultHeaders: false };
    return secure ? https.request(options) : http.request(options);
  }

  send(endpoint: Endpoint, request: UpstreamRequest, { answered, failed }: UpstreamHandlers): () => void {
    const call = this.open(endpoint, request);
    let over = false;
    let sent = false;
    const fail = (error: UpstreamError, stage: 'unsent' | 'sent') => {
      if (over) return;
      over = true;
      call.destroy();
      failed(error, stage);
    };
    whenConnected(call, this.#clock, request, fail, () => {
      sent = true;
      if (request.body) request.body.pipe(call);
      else call.end();
    });
    call.on('error', (error) => fail(new UpstreamError(error.message), sent ? 'sent' : 'unsent'));
    call.on('timeout', () => {
      fail(new UpstreamError('the backend did not answer in time', true), 'sent');
      call.destroy(); // also when the answer has begun: one of the two sides has fallen silent
    });
    call.on('response', (response) => {
      if (over) {
        response.destroy();
        return;
      }
      over = true;
      answered({
        status: response.statusCode ?? 502,
        reason: response.statusMessage,
        headers: response.rawHeaders,
        body: response,
        over: false,
        trailers: () => response.rawTrailers,
        whole: () => response.complete,
      });
    });
    return () => {
      over = true;
      call.destroy();
    };
  }

  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

/** Calls back when the connection stands: until then nothing of the request is gone, and another backend can get it. */
export function whenConnected(
  call: http.ClientRequest,
  clock: Clock,
  { connectTimeout, readTimeout, secure }: Pick<UpstreamRequest, 'connectTimeout' | 'readTimeout' | 'secure'>,
  fail: (error: UpstreamError, stage: 'unsent') => void,
  then: () => void,
): void {
  call.once('socket', (socket) => {
    const ready = () => {
      call.setTimeout(readTimeout);
      then();
    };
    if (call.reusedSocket || !socket.connecting) return ready();
    const late = () => fail(new UpstreamError('the backend did not accept a connection in time', true), 'unsent');
    const timer: Timer = clock.after(connectTimeout, late);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      timer.cancel();
      ready();
    });
    socket.once('close', () => timer.cancel());
  });
}
