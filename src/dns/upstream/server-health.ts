import { Backoff } from '../../base/backoff.ts';
import type { UpstreamAddress } from './exchange.ts';

/** Milliseconds until a silent server is asked again: the first time, and the longest. */
const FIRST_REST = 2000;
const LONGEST_REST = 5000;

/** Milliseconds that an answer may take; servers that were silent get less. */
const PATIENCE = 2000;
const LITTLE_PATIENCE = 700;

/** So many questions in a row without an answer make a server silent; one that has never answered needs one. */
const ENOUGH = 3;

/** A server that is worth asking, and for how long. */
export interface Candidate {
  readonly server: UpstreamAddress;
  readonly patience: number;
}

/** Which servers answer, told by what became of questions. */
export class ServerHealth {
  readonly #rests = new Backoff<string>(FIRST_REST, LONGEST_REST);
  /** Until when silent servers are not asked; one that is in it is silent, until it answers. */
  readonly #silentUntil = new Map<string, number>();
  readonly #tried = new Set<string>();
  readonly #answered = new Set<string>();
  /** Questions in a row that a server left unanswered. */
  readonly #unanswered = new Map<string, number>();

  /**
   * Who is to be asked, in order: those that answer as the list has them, then one that was silent, by one question now
   * and then. All others are told at once that nobody answers: a program that looks through a list of search domains
   * would wait for each.
   */
  candidates(servers: readonly UpstreamAddress[], now: number): Candidate[] {
    const isSilent = (server: UpstreamAddress) => this.#silentUntil.has(keyOf(server));
    const well = servers.filter((server) => !isSilent(server)).map((server) => ({ server, patience: PATIENCE }));
    const due = servers.filter((server) => isSilent(server) && this.#isDue(keyOf(server), now));
    return [...well, ...due.slice(0, 1).map((server) => ({ server, patience: LITTLE_PATIENCE }))];
  }

  #isDue(key: string, now: number): boolean {
    return this.#silentUntil.get(key)! <= now && !this.#tried.has(key);
  }

  /** Says that a server is being asked. @returns the function that says that this is over */
  asking(server: UpstreamAddress): () => void {
    const key = keyOf(server);
    if (!this.#silentUntil.has(key)) return () => {};
    this.#tried.add(key);
    return () => this.#tried.delete(key);
  }

  answered(server: UpstreamAddress): void {
    const key = keyOf(server);
    this.#answered.add(key);
    this.#unanswered.delete(key);
    this.#silentUntil.delete(key);
    this.#rests.forget(key);
  }

  /** One lost packet says nothing; and of many that were lost together only the first counts. */
  failed(server: UpstreamAddress, now: number): void {
    const key = keyOf(server);
    const unanswered = (this.#unanswered.get(key) ?? 0) + 1;
    this.#unanswered.set(key, unanswered);
    const enough = this.#answered.has(key) ? ENOUGH : 1;
    if (unanswered >= enough && (this.#silentUntil.get(key) ?? -Infinity) <= now) this.rest(server, now);
  }

  /** Lets a server not be asked for a while. */
  rest(server: UpstreamAddress, now: number): void {
    this.#silentUntil.set(keyOf(server), now + this.#rests.next(keyOf(server)));
  }
}

export function keyOf({ host, port }: UpstreamAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
