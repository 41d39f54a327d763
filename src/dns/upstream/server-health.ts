import { Backoff } from '../../base/backoff.ts';
import type { UpstreamAddress } from './exchange.ts';

/** Milliseconds that a server which did not answer comes last: the first time, and the longest. */
const FIRST_REST = 2000;
const LONGEST_REST = 30_000;

/** Milliseconds that an answer may take; servers that did not answer lately get less. */
const PATIENCE = 2000;
const LITTLE_PATIENCE = 700;

/** So many questions in a row without an answer, and a server comes last. */
const ENOUGH = 2;

/** A server that is worth asking, and for how long. */
export interface Candidate {
  readonly server: UpstreamAddress;
  readonly patience: number;
}

/** Which servers answer, told by what became of questions. */
export class ServerHealth {
  readonly #rests = new Backoff<string>(FIRST_REST, LONGEST_REST);
  readonly #restsUntil = new Map<string, number>();
  readonly #tried = new Set<string>();
  /** Questions in a row that a server left unanswered. */
  readonly #unanswered = new Map<string, number>();

  /**
   * Who is to be asked, in order: those that answer as the list has them, then one that did not answer lately. Nobody
   * waits for such a one while somebody else does already.
   */
  candidates(servers: readonly UpstreamAddress[], now: number): Candidate[] {
    const rests = (server: UpstreamAddress) => (this.#restsUntil.get(keyOf(server)) ?? -Infinity) > now;
    const well = servers.filter((server) => !rests(server)).map((server) => ({ server, patience: PATIENCE }));
    const doubtful = servers.filter((server) => rests(server) && !this.#tried.has(keyOf(server)));
    return [...well, ...doubtful.slice(0, 1).map((server) => ({ server, patience: LITTLE_PATIENCE }))];
  }

  /** Says that a server is being asked. @returns the function that says that this is over */
  asking(server: UpstreamAddress): () => void {
    const key = keyOf(server);
    if (!this.#restsUntil.has(key)) return () => {};
    this.#tried.add(key);
    return () => this.#tried.delete(key);
  }

  answered(server: UpstreamAddress): void {
    const key = keyOf(server);
    this.#unanswered.delete(key);
    this.#restsUntil.delete(key);
    this.#rests.forget(key);
  }

  /** One lost packet says nothing; and of many that were lost together only the first counts. */
  failed(server: UpstreamAddress, now: number): void {
    const key = keyOf(server);
    const unanswered = (this.#unanswered.get(key) ?? 0) + 1;
    this.#unanswered.set(key, unanswered);
    if (unanswered >= ENOUGH && (this.#restsUntil.get(key) ?? -Infinity) <= now) this.rest(server, now);
  }

  /** Lets a server be the last to be asked for a while. */
  rest(server: UpstreamAddress, now: number): void {
    this.#restsUntil.set(keyOf(server), now + this.#rests.next(keyOf(server)));
  }
}

export function keyOf({ host, port }: UpstreamAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
