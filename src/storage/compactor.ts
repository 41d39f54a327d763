import type { Clock, Timer } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { KubeObject } from '../apimachinery/object.ts';
import { KeyExists, type Entry, type Storage } from './storage.ts';

/** Milliseconds of history that stay. */
const INTERVAL = 5 * 60_000;
/** Where the servers note who has compacted; not an object of the API. */
const KEY = '/registry/compaction';
const record = {
  apiVersion: 'coxswain/v1',
  kind: 'Compaction',
  metadata: { name: 'compaction', uid: '', resourceVersion: '', creationTimestamp: '' },
};

interface CompactionRecord extends KubeObject {
  /** Grows with each turn, so that every turn is a write. */
  readonly turn?: number;
}

/**
 * Lets the store forget what is older than five minutes, every five minutes, once among all servers. A record in the
 * store is written at each turn, and only the server whose write succeeds compacts; the revision of the record before is
 * one interval old and tells what may be forgotten.
 */
export class Compactor implements Component {
  readonly name = 'compactor';
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #interval: number;
  #timer: Timer | undefined;
  /** The revision of the record one interval ago. */
  #seen = 0;

  constructor(storage: Storage, options: { clock: Clock; log: Log; interval?: number }) {
    this.#storage = storage;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#interval = options.interval ?? INTERVAL;
  }

  async start(): Promise<void> {
    this.#seen = (await this.#record()).revision;
    this.#timer = this.#clock.every(this.#interval, () => void this.#tick());
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
  }

  async #tick(): Promise<void> {
    try {
      const old = this.#seen;
      const { entry, ours } = await this.#takeTurn(old);
      this.#seen = entry.revision;
      if (ours) await this.#storage.compact(old);
    } catch (error) {
      this.#log.warn('the store could not be compacted', { error: errorMessage(error) });
    }
  }

  /** Writes the record, unless somebody else has since `seen`. */
  async #takeTurn(seen: number): Promise<{ entry: Entry; ours: boolean }> {
    await this.#record();
    let ours = false;
    const entry = await this.#storage.update(KEY, ({ revision, object }) => {
      ours = revision === seen;
      return ours ? { store: { ...record, turn: ((object as CompactionRecord).turn ?? 0) + 1 } as KubeObject } : 'keep';
    });
    return { entry, ours };
  }

  /** The record, made if there is none. */
  async #record(): Promise<Entry> {
    const found = await this.#storage.get(KEY);
    if (found) return found;
    return this.#storage.create(KEY, record).catch(async (error) => {
      const other = error instanceof KeyExists && (await this.#storage.get(KEY));
      if (!other) throw error;
      return other;
    });
  }
}
