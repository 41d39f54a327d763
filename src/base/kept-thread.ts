import { Worker } from 'node:worker_threads';
import { Backoff } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import { errorMessage, type Log } from './log.ts';

/** Milliseconds before a thread that ended is replaced: the first time, and the longest. */
const FIRST = 200;
const LONGEST = 30_000;

export interface KeptThreadOptions<From> {
  /** The module that it runs, see `threadModule`. */
  readonly module: URL;
  /** Megabytes of objects that it may hold, and of these for young ones; one that wants more ends. */
  readonly memory: { readonly old: number; readonly young: number };
  readonly clock: Clock;
  readonly log: Log;
  /** What each thread is started with. It may say something else to the one that comes after. */
  readonly data: () => unknown;
  readonly heard: (message: From) => void;
  /** Told when a thread begins; what is posted now it hears first. */
  readonly begun?: () => void;
  /** Told when a thread has ended that nobody had asked to. */
  readonly died?: () => void;
}

/** The module beside the one whose `import.meta.url` is given: `x.ts` where we run as written, `x.js` where built. */
export function threadModule(importer: string, name: string): URL {
  return new URL(`./${name}${importer.endsWith('.ts') ? '.ts' : '.js'}`, importer);
}

/** A module in a thread of its own that is replaced when it ends, for want of memory perhaps: later each time it does. */
export class KeptThread<To, From> {
  readonly #options: KeptThreadOptions<From>;
  readonly #backoff = new Backoff<'thread'>(FIRST, LONGEST);
  #worker: Worker | undefined;
  #again: Timer | undefined;
  #stopping: Promise<void> | undefined;
  #ended = Promise.withResolvers<void>();

  constructor(options: KeptThreadOptions<From>) {
    this.#options = options;
  }

  /** Whether there is a thread to hear what is posted. */
  get running(): boolean {
    return this.#worker !== undefined;
  }

  start(): void {
    const { module, memory, data, heard, log, begun } = this.#options;
    const resourceLimits = { maxOldGenerationSizeMb: memory.old, maxYoungGenerationSizeMb: memory.young };
    const worker = new Worker(module, { workerData: data(), resourceLimits, execArgv: [] });
    this.#worker = worker;
    this.#ended = Promise.withResolvers();
    begun?.();
    const since = this.#options.clock.monotonic();
    worker.on('message', (message: From) => heard(message));
    worker.on('error', (error) => log.error('a thread failed', { error: errorMessage(error) }));
    worker.on('exit', () => this.#exited(since));
    worker.unref();
  }

  /** Lost when no thread runs: say in `begun` what a new one has to know. */
  post(message: To): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker?.postMessage(message);
  }

  /** Ends the thread as it is. Unless it is being stopped, another follows. */
  end(): void {
    void this.#worker?.terminate();
  }

  /**
   * Resolves when no thread runs any more, nor will.
   * @param farewell what asks it to end
   * @param patience milliseconds that it gets for that
   */
  stop(farewell: To, patience: number): Promise<void> {
    return (this.#stopping ??= this.#stop(farewell, patience));
  }

  async #stop(farewell: To, patience: number): Promise<void> {
    this.#again?.cancel();
    if (!this.#worker) return;
    this.post(farewell);
    const late = this.#options.clock.after(patience, () => this.end());
    await this.#ended.promise;
    late.cancel();
  }

  #exited(since: number): void {
    const { clock, died } = this.#options;
    this.#worker = undefined;
    this.#ended.resolve();
    if (this.#stopping) return;
    if (clock.monotonic() - since > LONGEST) this.#backoff.forget('thread');
    this.#again = clock.after(this.#backoff.next('thread'), () => this.start());
    died?.();
  }
}
