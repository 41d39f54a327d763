import type { Clock, Timer } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { Storage } from './storage.ts';

/** Milliseconds of history that stay. */
const INTERVAL = 5 * 60_000;

/**
 * Lets the store forget what is older than five minutes, every five minutes. Each server forgets only what it saw one
 * interval ago, so several of them need not know of each other.
 */
export class Compactor implements Component {
  readonly name = 'compactor';
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #interval: number;
  #timer: Timer | undefined;
  /** The newest revision one interval ago. */
  #seen: number | undefined;
  #compacted = 0;

  constructor(storage: Storage, options: { clock: Clock; log: Log; interval?: number }) {
    this.#storage = storage;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#interval = options.interval ?? INTERVAL;
  }

  async start(): Promise<void> {
    this.#seen = await this.#storage.currentRevision();
    this.#timer = this.#clock.every(this.#interval, () => void this.#tick());
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
  }

  async #tick(): Promise<void> {
    const old = this.#seen ?? 0;
    try {
      this.#seen = await this.#storage.currentRevision();
      if (old <= this.#compacted) return;
      await this.#storage.compact(old);
      this.#compacted = old;
    } catch (error) {
      this.#log.warn('the store could not be compacted', { error: errorMessage(error) });
    }
  }
}
