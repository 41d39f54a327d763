import type { Duplex } from 'node:stream';

/**
 * Writes to a socket: the first bytes of a turn of the event loop at once, so that nobody waits without need; what follows
 * in the turn together, because a write costs more than the bytes in it.
 */
export class GatheredWrites {
  readonly #socket: Duplex;
  #out: Buffer[] = [];
  #gathering = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  write(bytes: Buffer): void {
    if (this.#socket.destroyed) return;
    if (this.#gathering) return void this.#out.push(bytes);
    this.#gathering = true;
    this.#socket.write(bytes);
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#gathering = false;
    const out = this.#out;
    this.#out = [];
    if (out.length === 0 || this.#socket.destroyed) return;
    this.#socket.write(out.length === 1 ? out[0]! : Buffer.concat(out));
  }
}
