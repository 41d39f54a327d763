import { Backoff } from '../base/backoff.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { expired } from '../apimachinery/api-error.ts';
import {
  decodeWatch,
  encodeWatch,
  type EtcdEvent,
  type WatchAnswer,
  type WatchRequest,
} from './etcd-watch-messages.ts';
import type { GrpcStream, StreamListener } from './grpc-client.ts';

export interface EtcdWatchOptions {
  /** Opens a stream of etcd's Watch service. May throw. */
  open(request: Buffer, listener: StreamListener): GrpcStream;
  /** The first key and the key behind the last, as etcd takes them. */
  readonly range: { readonly key: Buffer; readonly end: Buffer };
  /** Events after this revision; undefined: from now on. */
  readonly after: number | undefined;
  readonly withPrevious: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Each event once, in order. */
  onEvent(event: EtcdEvent): void;
  onClose(error: Error): void;
}

/** Milliseconds between attempts to connect. */
const RECONNECT = { initial: 50, max: 1000 };

/**
 * A watch that outlives its connection. The stream is opened again behind the last event that was delivered, never at
 * the revision of a header: etcd sends the past in batches whose headers are ahead of their events.
 */
export class EtcdWatch {
  readonly #options: EtcdWatchOptions;
  readonly #backoff = new Backoff<'it'>(RECONNECT.initial, RECONNECT.max);
  /** The revision to start from at the next connection; undefined until the first has told what "now" is. */
  #next: number | undefined;
  #ended = false;
  /** Whether it was told that etcd is away. */
  #away = false;

  constructor(options: EtcdWatchOptions) {
    this.#options = options;
    this.#next = options.after === undefined ? undefined : options.after + 1;
  }

  /** Watches until the signal aborts or the past is gone. Never rejects. */
  async run(): Promise<void> {
    const { signal, log, clock } = this.#options;
    while (!this.#ended && !signal.aborted) {
      try {
        await this.#connect();
      } catch (error) {
        if (this.#ended || signal.aborted) return;
        if (!this.#away) log.warn('etcd does not answer', { error: errorMessage(error), next: this.#next });
        this.#away = true;
        await sleep(clock, this.#backoff.next('it'), signal).catch(() => {});
      }
    }
  }

  /** One connection. Rejects when it breaks, resolves when the watch is over. */
  async #connect(): Promise<void> {
    const { signal } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onMessage = (message: Buffer) => {
      if (!this.#ended && !signal.aborted && this.#take(decodeWatch(message))) resolve();
    };
    const stream = this.#options.open(encodeWatch(this.#request()), { onMessage, onEnd: reject });
    const stop = () => resolve();
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (!signal.aborted) await promise;
    } finally {
      signal.removeEventListener('abort', stop);
      stream.cancel();
    }
  }

  #request(): WatchRequest {
    const { range, withPrevious } = this.#options;
    return { ...range, start: this.#next, previous: withPrevious, deletesOnly: false };
  }

  /** @returns whether the watch is over */
  #take(response: WatchAnswer): boolean {
    if (response.canceled) return this.#canceled(response);
    if (response.created) {
      this.#backoff.forget('it');
      if (this.#away) this.#options.log.info('etcd answers again', { announce: true });
      this.#away = false;
      this.#next ??= response.revision + 1;
    }
    for (const event of response.events) {
      if (this.#ended || this.#options.signal.aborted) return true;
      this.#next = event.kv.modRevision + 1;
      this.#options.onEvent(event);
    }
    return false;
  }

  /** Ends for good when the past is gone, else connects again. */
  #canceled({ compactRevision: compacted, cancelReason: reason }: WatchAnswer): boolean {
    if (compacted === 0) throw new Error(`etcd cancelled the watch: ${reason || 'no reason given'}`);
    this.#ended = true;
    this.#options.onClose(expired(`too old resource version: ${this.#next! - 1} (${compacted})`));
    return true;
  }
}
