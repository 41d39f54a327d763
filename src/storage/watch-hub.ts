import type { Clock, Timer } from '../base/clock.ts';
import { expired } from '../apimachinery/api-error.ts';
import type { KeyIndexes } from './key-indexes.ts';
import type { EventWindow } from './event-window.ts';
import type { StorageEvent, WatchOptions } from './storage.ts';
import { WatcherSets } from './watcher-sets.ts';

/** How long after a change watchers without an event of their own learn how far the store has come, in milliseconds. */
const PROGRESS_DELAY = 1000;

interface Watcher {
  readonly prefix: string;
  readonly options: WatchOptions;
  /** Events up to this revision are not its own. */
  readonly after: number;
  /** The first event, counted from the hub's beginning, that it has not seen. */
  next: number;
  stopped: boolean;
  stop(): void;
}

/**
 * Hands each event to the watchers of the prefixes of its key. Every watcher gets each event once and in order, also
 * when a callback writes or starts another watch.
 */
export class WatchHub {
  readonly #clock: Clock;
  readonly #window: EventWindow;
  readonly #watchers: WatcherSets<Watcher>;
  #queue: StorageEvent[] = [];
  #delivering = false;
  /** Events published so far: the number of the next one. */
  #published = 0;
  #revision: number;
  #progressTimer: Timer | undefined;

  /** @param window holds every published event; the hub only reads it; @param indexes narrow whom an event is given */
  constructor(clock: Clock, window: EventWindow, indexes?: KeyIndexes) {
    this.#clock = clock;
    this.#watchers = new WatcherSets(indexes);
    this.#window = window;
    this.#revision = window.floor;
  }

  /** Starts a watch. The first callback comes after this call has returned. */
  watch(prefix: string, options: WatchOptions): void {
    const after = options.after ?? this.#revision;
    queueMicrotask(() => {
      if (options.signal.aborted) return;
      if (after < this.#window.floor) {
        const oldest = this.#window.floor;
        return options.onClose(expired(`too old resource version: ${after} (${oldest})`));
      }
      this.#attach(prefix, options, after);
    });
  }

  /** Delivers `event`, which the window must hold already. */
  publish(event: StorageEvent): void {
    this.#queue.push(event);
    this.#published++;
    this.#revision = event.revision;
    this.#deliver();
    this.#armProgress();
  }

  /** Says that the store has come to `revision`. */
  advance(revision: number): void {
    this.#revision = revision;
    this.#armProgress();
  }

  /** Ends every watch, telling `error`. */
  close(error?: Error): void {
    this.#progressTimer?.cancel();
    this.#progressTimer = undefined;
    const all = [...this.#watchers.all];
    this.#watchers.clear();
    for (const watcher of all) {
      watcher.stop();
      watcher.options.onClose(error);
    }
  }

  #attach(prefix: string, options: WatchOptions, after: number): void {
    const past = this.#window.since(after);
    const stop = () => {
      watcher.stopped = true;
      options.signal.removeEventListener('abort', stop);
      this.#watchers.delete(watcher);
    };
    const watcher: Watcher = { prefix, options, after, next: this.#published, stopped: false, stop };
    this.#watchers.add(watcher);
    options.signal.addEventListener('abort', stop, { once: true });
    this.#delivering = true;
    for (const event of past) if (concerns(prefix, event.entry.key)) this.#give(watcher, event);
    this.#delivering = false;
    this.#deliver();
  }

  /** A callback that throws ends its own watch and nothing else. */
  #give(watcher: Watcher, event: StorageEvent): void {
    if (watcher.stopped) return;
    try {
      watcher.options.onEvent(event);
    } catch (error) {
      watcher.stop();
      watcher.options.onClose(error as Error);
    }
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    for (let event = this.#queue.shift(); event; event = this.#queue.shift()) {
      const number = this.#published - this.#queue.length - 1;
      for (const watchers of this.#watchers.concerned(event)) this.#deliverTo(watchers, event, number);
    }
    this.#delivering = false;
  }

  #deliverTo(watchers: ReadonlySet<Watcher>, event: StorageEvent, number: number): void {
    for (const watcher of watchers) {
      if (number < watcher.next || event.revision <= watcher.after) continue;
      watcher.next = number + 1;
      this.#give(watcher, event);
    }
  }

  #armProgress(): void {
    if (this.#progressTimer || this.#watchers.all.size === 0) return;
    this.#progressTimer = this.#clock.after(PROGRESS_DELAY, () => {
      this.#progressTimer = undefined;
      for (const { options } of this.#watchers.all) options.onProgress?.(this.#revision);
    });
  }
}

function concerns(prefix: string, key: string): boolean {
  return prefix.endsWith('/') ? key.startsWith(prefix) : key === prefix;
}
