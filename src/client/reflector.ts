import { ApiError, isApiError } from '../apimachinery/api-error.ts';
import type { Kind } from '../apimachinery/kind.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import type { WatchEvent } from '../apimachinery/watch-event.ts';
import { Backoff } from '../base/backoff.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Client } from './client.ts';
import type { InformerSelection } from './informer.ts';

/** Where a reflector reports the state of the server. */
export interface ReflectorTarget<T extends KubeObject> {
  /** The state is exactly this. */
  replace(objects: readonly T[]): void;
  /** An object was made or changed. */
  put(object: T): void;
  /** An object is gone; this was its last state. */
  remove(object: T): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: Client;
  readonly kind: Kind<T>;
  readonly selection?: InformerSelection;
  readonly target: ReflectorTarget<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const PAGE = 500;
/** Milliseconds: after a failure, and the most after many in a row; client-go waits as long. */
const FIRST_DELAY = 800;
const LONGEST_DELAY = 30_000;
/** A watch that ends sooner (milliseconds) without having told anything counts as failed. */
const SHORT_WATCH = 1_000;
/** Seconds that a watch lasts at least; half as much again is added at random, so that not all end together. */
const WATCH_SECONDS = 300;
/** The same within one process, where no connection breaks: there is nothing to be gained by beginning anew. */
const IN_PROCESS_SECONDS = 100 * 24 * 3600;

/**
 * Follows all objects of a kind: lists them in pages, then watches from the list's version on. A watch that ends is
 * resumed behind the last event or bookmark; only when the server has forgotten that version is the list taken anew.
 * So the target hears of every state that lasts, and of nothing twice.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  #delays = new Backoff<'server'>(FIRST_DELAY, LONGEST_DELAY);
  /** The version that the target has seen; undefined when a list is due. */
  #version: string | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
  }

  /** Follows until `signal` aborts; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#list(signal);
        await this.#watch(signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, kind, selection, target } = this.#options;
    const objects: T[] = [];
    let next: string | undefined;
    do {
      const page = await client.list(kind, { ...selection, limit: PAGE, continue: next });
      if (signal.aborted) return;
      for (const object of page.items) objects.push(object);
      this.#version = page.metadata.resourceVersion;
      next = page.metadata.continue;
      if (next) this.#version = undefined;
    } while (next);
    target.replace(objects);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { client, kind, selection, clock, random } = this.#options;
    const started = clock.monotonic();
    let told = false;
    const events = client.watch(kind, {
      ...selection,
      resourceVersion: this.#version,
      // Bookmarks tell where to go on after a break.
      allowWatchBookmarks: !client.inProcess,
      timeoutSeconds: Math.round((client.inProcess ? IN_PROCESS_SECONDS : WATCH_SECONDS) * (1 + random() / 2)),
      signal,
    });
    for await (const event of events) {
      if (signal.aborted) return;
      told = true;
      this.#take(event);
    }
    if (signal.aborted || told || clock.monotonic() - started >= SHORT_WATCH) return;
    throw new ApiError(503, 'ServiceUnavailable', 'the watch ended at once');
  }

  #take(event: WatchEvent<T>): void {
    if (event.type === 'ERROR') return; // the client throws these
    this.#delays.forget('server');
    this.#version = event.object.metadata.resourceVersion;
    if (event.type === 'DELETED') this.#options.target.remove(event.object);
    else if (event.type !== 'BOOKMARK') this.#options.target.put(event.object);
  }

  async #recover(cause: unknown, signal: AbortSignal): Promise<void> {
    const { clock, random, log, kind } = this.#options;
    const forgotten = isForgotten(cause);
    if (forgotten) this.#version = undefined;
    const failures = this.#delays.failures('server');
    const delay = this.#delays.next('server') * (1 + random());
    const fields = { resource: kind.plural, group: kind.group, error: errorMessage(cause) };
    if (forgotten) log.debug('watch is too old, listing again', fields);
    else if (failures < 3) log.debug('watch failed, trying again', { ...fields, delay });
    else log.warn('watch fails repeatedly', { ...fields, delay });
    // The first re-list after a 410 is at once: until then we know that we are behind.
    if (forgotten && failures === 0) return;
    await Promise.allSettled([sleep(clock, delay, signal)]);
  }
}

/** Whether the server does not know our version: too old, or (restored from a backup) not reached yet. */
function isForgotten(error: unknown): boolean {
  if (isApiError(error, 'Expired', 'Gone')) return true;
  if (!(error instanceof ApiError)) return false;
  return error.code === 410 || Boolean(error.details?.causes?.some((c) => c.reason === 'ResourceVersionTooLarge'));
}
