import type { Clock } from '../base/clock.ts';

/** So many writes may be under way; more pods wait until one has ended. */
const MOST_WRITES = 64;
/** After so many decisions, or milliseconds, everything else in the process gets its turn. */
const DECISIONS_PER_TURN = 32;
const TURN = 8;

/** Takes one pod after the other as long as there are any, in turns, and never with too many writes under way. */
export class WorkLoop {
  readonly #clock: Clock;
  /** Deals with the next pod; false when there is none. */
  readonly #next: () => boolean;
  /** What is under way, and of that what counts against `MOST_WRITES`: waiting for volumes does not. */
  readonly #work = new Set<Promise<void>>();
  #writes = 0;
  #running = false;
  #turnPlanned = false;
  /** Whether an attempt waits for something: the next pod has to wait too. */
  #busy = false;
  /** Resolves when there is nothing to do for a moment. */
  #calm: PromiseWithResolvers<void> | undefined;

  constructor(clock: Clock, next: () => boolean) {
    this.#clock = clock;
    this.#next = next;
  }

  get running(): boolean {
    return this.#running;
  }

  start(): void {
    this.#running = true;
    this.planTurn();
  }

  /** Nothing new begins. */
  stop(): void {
    this.#running = false;
    this.#calm?.resolve();
  }

  /** Resolves when nothing is under way any more. */
  async ended(): Promise<void> {
    await Promise.all(this.#work);
  }

  /** There may be something to do. */
  planTurn(): void {
    if (!this.#running || this.#turnPlanned) return;
    this.#turnPlanned = true;
    setImmediate(() => {
      this.#turnPlanned = false;
      this.#turn();
    });
  }

  /** Waits for a write, of which only so many may be under way. */
  async counted(write: Promise<void>): Promise<void> {
    this.#writes++;
    try {
      await write;
    } finally {
      this.#writes--;
    }
  }

  /** Looks after what goes on in the background. */
  track(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => {
      this.#work.delete(work);
      this.planTurn();
    });
  }

  /** Takes no further pod until `work` has come to its result. */
  alone<T>(work: Promise<T>): Promise<T> {
    this.#busy = true;
    return work.finally(() => (this.#busy = false));
  }

  /** Resolves when there is nothing to do for a moment; undefined: there is nothing to do now. */
  calm(): Promise<void> | undefined {
    if (!this.#running || (this.#writes === 0 && !this.#turnPlanned)) return undefined;
    this.#calm ??= Promise.withResolvers();
    return this.#calm.promise;
  }

  /** Deals with as many pods as fit into a moment. */
  #turn(): void {
    const end = this.#clock.monotonic() + TURN;
    for (let i = 0; this.#running && !this.#busy && this.#writes < MOST_WRITES; i++) {
      if (i === DECISIONS_PER_TURN || this.#clock.monotonic() > end) return this.planTurn();
      if (!this.#next()) return this.#rest();
    }
  }

  #rest(): void {
    if (this.#writes > 0) return;
    this.#calm?.resolve();
    this.#calm = undefined;
  }
}
