import type { Clock, Timer } from '../../base/clock.ts';

/** How many bytes may wait for a watcher that reads too slowly, besides those of its first list. */
const bufferLimit = 16 * 1024 * 1024;
/** How long bytes may wait for a watcher that takes none at all, in milliseconds. */
const patience = 60_000;

/** The way to one watcher. */
export interface WatchTransport {
  /** Sends frames; each is a whole event. */
  write(frames: readonly Buffer[]): void;
  /** Bytes that were written and wait for the watcher. */
  readonly waiting: number;
  /**
   * Whether to send at once what comes up first in a turn of the event loop. Node sends what was written over HTTP/2 when
   * the turn is over; what is written then waits for the next. Readers in this process have time.
   */
  readonly prompt: boolean;
  end(): void;
  /** Cuts the connection, so that the watcher cannot take what it got for the whole. */
  abort(): void;
}

/**
 * The frames of one watch on their way out. What comes up first in a turn of the event loop goes at once, all else of the
 * turn in one write. A watcher that does not read is cut off when too much waits for it, or for too long; others never notice it.
 */
export class WatchStream {
  readonly #transport: WatchTransport;
  readonly #clock: Clock;
  readonly #onOverflow: () => void;
  #frames: Buffer[] = [];
  #pending = 0;
  #scheduled = false;
  #ended = false;
  #limit = bufferLimit;
  /** Bytes given to the transport so far. */
  #written = 0;
  #stall: Timer | undefined;

  constructor(transport: WatchTransport, clock: Clock, onOverflow: () => void) {
    this.#transport = transport;
    this.#clock = clock;
    this.#onOverflow = onOverflow;
  }

  /** `allowed`: the frame belongs to the first list, which may be as long as it is. */
  push(frame: Buffer, allowed = false): void {
    if (this.#ended) return;
    this.#frames.push(frame);
    this.#pending += frame.length;
    if (allowed) this.#limit += frame.length;
    else if (this.#pending + this.#transport.waiting > this.#limit) return this.#overflow();
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#endTurn);
    if (this.#transport.prompt && !allowed) this.#flush();
  }

  /** Sends what waits, then ends the answer. */
  end(): void {
    if (this.#ended) return;
    this.#flush();
    this.close();
    this.#transport.end();
  }

  /** To be called when the watcher has gone. */
  close(): void {
    this.#ended = true;
    this.#frames = [];
    this.#stall?.cancel();
  }

  #endTurn = (): void => {
    this.#scheduled = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#ended || this.#frames.length === 0) return;
    const frames = this.#frames;
    this.#frames = [];
    this.#written += this.#pending;
    this.#pending = 0;
    this.#transport.write(frames);
    if (this.#transport.prompt) this.#expectReader();
    // A reader in this process takes in the same turn what it takes at all.
    else setImmediate(this.#expectReader);
  }

  #expectReader = (): void => {
    if (!this.#ended && this.#transport.waiting > 0 && !this.#stall) this.#expectProgress();
  };

  /** Looks later whether the watcher has taken anything of what waits now. */
  #expectProgress(): void {
    const taken = this.#taken();
    this.#stall = this.#clock.after(patience, () => {
      this.#stall = undefined;
      if (this.#ended || this.#transport.waiting === 0) return;
      if (this.#taken() > taken) this.#expectProgress();
      else this.#overflow();
    });
  }

  #taken(): number {
    return this.#written - this.#transport.waiting;
  }

  #overflow(): void {
    this.close();
    this.#transport.abort();
    this.#onOverflow();
  }
}
