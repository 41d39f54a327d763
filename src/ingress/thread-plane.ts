import { Worker } from 'node:worker_threads';
import type { Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { DataPlane, PlaneSettings, PortState, UpstreamChanges } from './plane.ts';
import type { RoutingTable, Upstream } from './table.ts';
import type { FromThread, ThreadStart, ToThread } from './thread-messages.ts';

/** Megabytes of objects that the thread may hold. */
const MEMORY = 256;
/** Milliseconds before a thread that died is started anew. */
const AGAIN = 1_000;

export interface ThreadPlaneOptions {
  readonly settings: PlaneSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly told: (state: PortState) => void;
}

/** Serves requests in a thread of its own: it neither slows this one down nor waits for it. */
export class ThreadPlane implements DataPlane {
  readonly #options: ThreadPlaneOptions;
  #worker: Worker | undefined;
  #started = Promise.withResolvers<void>();
  #stopping: PromiseWithResolvers<void> | undefined;
  /** What a thread that is started anew has to know. */
  #table: RoutingTable | undefined;
  readonly #upstreams = new Map<string, Upstream>();
  #questions = 0;
  readonly #waiting = new Map<number, (text: string) => void>();

  constructor(options: ThreadPlaneOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    this.#run();
    return this.#started.promise;
  }

  async stop(): Promise<void> {
    if (!this.#worker) return;
    this.#stopping ??= Promise.withResolvers();
    this.#post({ type: 'stop' });
    await this.#stopping.promise;
    await this.#worker.terminate();
  }

  routes(table: RoutingTable): void {
    this.#table = table;
    this.#post({ type: 'routes', table });
  }

  upstreams(changes: UpstreamChanges): void {
    for (const [key, upstream] of changes) {
      if (upstream) this.#upstreams.set(key, upstream);
      else this.#upstreams.delete(key);
    }
    this.#post({ type: 'upstreams', changes });
  }

  metrics(): Promise<string> {
    const id = ++this.#questions;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#post({ type: 'metrics', id });
    });
  }

  #post(message: ToThread): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker?.postMessage(message);
  }

  #run(): void {
    const { settings, log } = this.#options;
    const file = import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js';
    const workerData: ThreadStart = { settings, debug: log.enabled?.('debug') ?? true };
    const resourceLimits = { maxOldGenerationSizeMb: MEMORY, maxYoungGenerationSizeMb: 16 };
    const worker = new Worker(new URL(file, import.meta.url), { workerData, resourceLimits, execArgv: [] });
    this.#worker = worker;
    if (this.#upstreams.size > 0) this.#post({ type: 'upstreams', changes: [...this.#upstreams] });
    if (this.#table) this.#post({ type: 'routes', table: this.#table });
    worker.on('message', (message: FromThread) => this.#hear(message));
    worker.on('error', (error) => log.error('the thread of the ingress failed', { error: errorMessage(error) }));
    worker.on('exit', () => this.#ended(worker));
    worker.unref();
  }

  #hear(message: FromThread): void {
    if (message.type === 'started') this.#started.resolve();
    else if (message.type === 'stopped') this.#stopping?.resolve();
    else if (message.type === 'port') this.#options.told(message.state);
    else if (message.type === 'log') this.#options.log[message.level](message.message, message.fields);
    else {
      this.#waiting.get(message.id)?.(message.text);
      this.#waiting.delete(message.id);
    }
  }

  /** A thread that dies, for want of memory perhaps, must not be the end of the ingress. */
  #ended(worker: Worker): void {
    if (this.#worker !== worker) return;
    for (const answer of this.#waiting.values()) answer('');
    this.#waiting.clear();
    if (this.#stopping) return this.#stopping.resolve();
    this.#options.clock.after(AGAIN, () => this.#stopping ?? this.#run());
  }
}
