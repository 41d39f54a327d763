import type { Clock } from '../base/clock.ts';
import { KeptThread, threadModule } from '../base/kept-thread.ts';
import type { Log } from '../base/log.ts';
import type { DataPlane, PlaneSettings, PortState, UpstreamChanges } from './plane.ts';
import type { RoutingTable, Upstream } from './table.ts';
import type { FromThread, ThreadStart, ToThread } from './thread-messages.ts';

/** Megabytes of objects that the thread may hold. */
const MEMORY = { old: 256, young: 16 };
/** Milliseconds in which requests under way may end, where the settings say nothing, and those that ending takes beyond. */
const DRAIN = 10_000;
const PATIENCE = 5_000;

export interface ThreadPlaneOptions {
  readonly settings: PlaneSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly told: (state: PortState) => void;
}

/** Serves requests in a thread of its own: it neither slows this one down nor waits for it. */
export class ThreadPlane implements DataPlane {
  readonly #options: ThreadPlaneOptions;
  readonly #thread: KeptThread<ToThread, FromThread>;
  readonly #started = Promise.withResolvers<void>();
  /** What a thread that is started anew has to know. */
  #table: RoutingTable | undefined;
  readonly #upstreams = new Map<string, Upstream>();
  #questions = 0;
  readonly #waiting = new Map<number, (text: string) => void>();

  constructor(options: ThreadPlaneOptions) {
    const { settings, clock, log } = options;
    this.#options = options;
    this.#thread = new KeptThread({
      ...{ module: threadModule(import.meta.url, 'thread'), memory: MEMORY, clock, log },
      data: (): ThreadStart => ({ settings, debug: log.enabled?.('debug') ?? true }),
      heard: (message) => this.#hear(message),
      begun: () => this.#tellAll(),
      died: () => this.#died(),
    });
  }

  /** Resolves when the ports have been tried, too, when the thread dies at that: it is started anew. */
  start(): Promise<void> {
    this.#thread.start();
    return this.#started.promise;
  }

  stop(): Promise<void> {
    const { drain = DRAIN } = this.#options.settings;
    return this.#thread.stop({ type: 'stop' }, drain + PATIENCE);
  }

  routes(table: RoutingTable): void {
    this.#table = table;
    this.#thread.post({ type: 'routes', table });
  }

  upstreams(changes: UpstreamChanges): void {
    for (const [key, upstream] of changes) {
      if (upstream) this.#upstreams.set(key, upstream);
      else this.#upstreams.delete(key);
    }
    this.#thread.post({ type: 'upstreams', changes });
  }

  metrics(): Promise<string> {
    if (!this.#thread.running) return Promise.resolve('');
    const id = ++this.#questions;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#thread.post({ type: 'metrics', id });
    });
  }

  #tellAll(): void {
    if (this.#upstreams.size > 0) this.#thread.post({ type: 'upstreams', changes: [...this.#upstreams] });
    if (this.#table) this.#thread.post({ type: 'routes', table: this.#table });
  }

  #hear(message: FromThread): void {
    if (message.type === 'started') this.#started.resolve();
    else if (message.type === 'stopped') this.#thread.end();
    else if (message.type === 'port') this.#options.told(message.state);
    else if (message.type === 'log') this.#options.log[message.level](message.message, message.fields);
    else {
      this.#waiting.get(message.id)?.(message.text);
      this.#waiting.delete(message.id);
    }
  }

  #died(): void {
    this.#started.resolve();
    for (const answer of this.#waiting.values()) answer('');
    this.#waiting.clear();
  }
}
