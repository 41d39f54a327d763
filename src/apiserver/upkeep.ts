import type { Clock, Timer } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { Storage } from '../storage/storage.ts';

/** What has to be so in the store although users may change it. */
export interface UpkeepTask {
  /** For the log. */
  readonly name: string;
  /** Where the objects are kept whose changes call for another look. */
  readonly prefix: string;
  /** Brings the store to where it should be; writes nothing when it is there already. */
  run(): Promise<void>;
}

/** Milliseconds after a failure until it is tried again. */
const AGAIN = 10_000;

/** Runs a task once, and again whenever something has changed where it looks. */
export class Upkeep {
  readonly #task: UpkeepTask;
  readonly #services: { readonly storage: Storage; readonly clock: Clock; readonly log: Log };
  readonly #end = new AbortController();
  #running: Promise<void> | undefined;
  #changed = false;
  #timer: Timer | undefined;

  constructor(task: UpkeepTask, services: { storage: Storage; clock: Clock; log: Log }) {
    this.#task = task;
    this.#services = services;
  }

  /** @throws what the first run throws */
  async start(): Promise<void> {
    await this.#task.run();
    this.#watch();
  }

  /** Resolves when nothing is written any more. */
  async stop(): Promise<void> {
    this.#end.abort();
    this.#timer?.cancel();
    await this.#running;
  }

  #watch(): void {
    const { signal } = this.#end;
    if (signal.aborted) return;
    this.#services.storage.watch(this.#task.prefix, {
      signal,
      onEvent: () => this.#look(),
      onClose: (error) => this.#later(error, () => this.#watchAndLook()),
    });
  }

  #watchAndLook(): void {
    this.#watch();
    this.#look();
  }

  /** One run at a time; what changes meanwhile is looked at in another. */
  #look(): void {
    this.#changed = true;
    if (this.#end.signal.aborted) return;
    this.#running ??= this.#runAll().finally(() => (this.#running = undefined));
  }

  async #runAll(): Promise<void> {
    while (this.#changed && !this.#end.signal.aborted) {
      this.#changed = false;
      try {
        await this.#task.run();
      } catch (error) {
        return this.#later(error, () => this.#look());
      }
    }
  }

  #later(error: unknown, fn: () => void): void {
    if (this.#end.signal.aborted) return;
    this.#services.log.debug('upkeep has to wait', { task: this.#task.name, error: error && errorMessage(error) });
    this.#timer?.cancel();
    this.#timer = this.#services.clock.after(AGAIN, fn);
  }
}
