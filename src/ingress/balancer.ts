import type { Clock } from '../base/clock.ts';
import type { Endpoint, Upstream } from './table.ts';

/** Milliseconds for which an endpoint that could not be reached is left out, while there are others. */
const REST = 2_000;

/** Chooses endpoints: in turn, or for sticky upstreams by the client. */
export class Balancer {
  readonly #clock: Clock;
  #endpoints: readonly Endpoint[];
  #sticky: boolean;
  #turn: number;
  /** Until when endpoints rest, by the monotonic clock. */
  readonly #resting = new Map<string, number>();

  /** @param start where the first turn begins, so that not all begin with the same endpoint */
  constructor({ endpoints, sticky }: Upstream, clock: Clock, start = 0) {
    this.#endpoints = endpoints;
    this.#sticky = sticky;
    this.#clock = clock;
    this.#turn = start;
  }

  update({ endpoints, sticky }: Upstream): void {
    this.#endpoints = endpoints;
    this.#sticky = sticky;
    if (this.#resting.size === 0) return;
    const there = new Set(endpoints.map(keyOf));
    for (const key of this.#resting.keys()) if (!there.has(key)) this.#resting.delete(key);
  }

  get size(): number {
    return this.#endpoints.length;
  }

  /**
   * The endpoint for a request of `client`.
   * @param tried those that could not be reached for this very request
   * @returns undefined when there is no (further) one
   */
  choose(client: string, tried?: readonly Endpoint[]): Endpoint | undefined {
    const all = this.#endpoints;
    if (all.length === 0) return undefined;
    if (!this.#sticky && !tried && this.#resting.size === 0) return all[this.#turn++ % all.length];
    const left = tried ? all.filter((one) => !tried.includes(one)) : all;
    const awake = left.filter((one) => !this.#rests(one));
    const candidates = awake.length > 0 ? awake : left;
    if (this.#sticky) return stickiest(candidates, client);
    return candidates[this.#turn++ % candidates.length];
  }

  failed(endpoint: Endpoint): void {
    this.#resting.set(keyOf(endpoint), this.#clock.monotonic() + REST);
  }

  #rests(endpoint: Endpoint): boolean {
    const until = this.#resting.get(keyOf(endpoint));
    if (until === undefined) return false;
    if (until > this.#clock.monotonic()) return true;
    this.#resting.delete(keyOf(endpoint));
    return false;
  }
}

function keyOf({ host, port }: Endpoint): string {
  return `${host} ${port}`;
}

/** The endpoint with the highest rank for this client: when others come or go, most clients keep theirs. */
function stickiest(endpoints: readonly Endpoint[], client: string): Endpoint | undefined {
  let best: Endpoint | undefined;
  let highest = -1;
  for (const endpoint of endpoints) {
    const rank = hash(`${client} ${keyOf(endpoint)}`);
    if (rank > highest) [best, highest] = [endpoint, rank];
  }
  return best;
}

/** FNV-1a with a last mix, as a positive number. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
