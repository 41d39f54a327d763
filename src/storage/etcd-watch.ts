import { Backoff } from '../base/backoff.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { expired } from '../apimachinery/api-error.ts';

/** A key and its value as etcd sends them; revisions are decimal texts. */
export interface EtcdKeyValue {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly create_revision: string;
  readonly mod_revision: string;
}

export interface EtcdEvent {
  readonly type: 'Put' | 'Delete' | 'PUT' | 'DELETE';
  readonly kv: EtcdKeyValue;
  readonly prev_kv?: EtcdKeyValue | null;
}

/** What one message of the stream says. */
export interface EtcdWatchResponse {
  readonly header: { readonly revision: string };
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: string;
  readonly cancel_reason: string;
  readonly fragment: boolean;
  readonly events: readonly EtcdEvent[];
}

/** The raw stream of etcd's Watch service. */
export interface EtcdStream {
  write(request: object): unknown;
  on(event: string, listener: (argument: any) => void): unknown;
  end(): unknown;
  cancel(): void;
}

export interface EtcdWatchOptions {
  open(): Promise<EtcdStream>;
  /** The first key and the key behind the last, as etcd takes them. */
  readonly range: { readonly key: Buffer; readonly range_end: Buffer };
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
  /** Events of a message that has not come completely. */
  #fragments: EtcdEvent[] = [];
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
    const stream = await this.#options.open();
    const { signal } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop = () => resolve();
    signal.addEventListener('abort', stop, { once: true });
    this.#fragments = [];
    stream.on('error', reject);
    stream.on('end', () => reject(new Error('etcd ended the stream')));
    stream.on('data', (response: EtcdWatchResponse) => {
      try {
        if (!this.#ended && !signal.aborted && this.#take(response)) resolve();
      } catch (error) {
        reject(error);
      }
    });
    stream.write({ create_request: this.#request() });
    try {
      if (!signal.aborted) await promise;
    } finally {
      signal.removeEventListener('abort', stop);
      // Ended first: etcd3 takes the cancellation of a stream that can be written to for a failure of the host.
      stream.end();
      stream.cancel();
    }
  }

  #request(): object {
    const start = this.#next === undefined ? {} : { start_revision: String(this.#next) };
    return { ...this.#options.range, ...start, prev_kv: this.#options.withPrevious };
  }

  /** @returns whether the watch is over */
  #take(response: EtcdWatchResponse): boolean {
    if (response.canceled) return this.#canceled(response);
    if (response.created) {
      this.#backoff.forget('it');
      if (this.#away) this.#options.log.info('etcd answers again', { announce: true });
      this.#away = false;
      this.#next ??= Number(response.header.revision) + 1;
    }
    this.#fragments.push(...response.events);
    if (response.fragment) return false;
    const events = this.#fragments;
    this.#fragments = [];
    for (const event of events) {
      if (this.#ended || this.#options.signal.aborted) return true;
      this.#next = Number(event.kv.mod_revision) + 1;
      this.#options.onEvent(event);
    }
    return false;
  }

  /** Ends for good when the past is gone, else connects again. */
  #canceled({ compact_revision: compacted, cancel_reason: reason }: EtcdWatchResponse): boolean {
    if (Number(compacted) === 0) throw new Error(`etcd cancelled the watch: ${reason || 'no reason given'}`);
    this.#ended = true;
    this.#options.onClose(expired(`too old resource version: ${this.#next! - 1} (${compacted})`));
    return true;
  }
}
