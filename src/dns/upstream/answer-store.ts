import { rcode, recordType } from '../wire/constants.ts';
import { negativeTtl, type ResourceRecord } from '../wire/record.ts';
import type { Answer } from '../wire/response.ts';

/** Seconds. The upper bound is that of kubeadm's Corefile (`cache 30`), the lower one CoreDNS' own. */
const SHORTEST = 5;
const LONGEST = 30;
/** Seconds that a failure is not asked for again. */
const FAILURE = 5;

interface Kept {
  readonly answer: Answer;
  /** Milliseconds. */
  readonly since: number;
  readonly until: number;
}

/** Answers of other servers, each for as long as it may be remembered; the one that was used longest ago goes first. */
export class AnswerStore {
  readonly #kept = new Map<string, Kept>();
  readonly #most: number;

  constructor(most = 10_000) {
    this.#most = most;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** @param now milliseconds, by the clock that `put` was told */
  get(key: string, now: number): Answer | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    this.#kept.delete(key);
    if (kept.until <= now) return undefined;
    this.#kept.set(key, kept);
    return aged(kept.answer, Math.floor((now - kept.since) / 1000));
  }

  /** @returns the answer as it may be told: nobody is to remember it for longer than we do */
  put(key: string, answer: Answer, now: number): Answer {
    const seconds = lifetime(answer);
    if (seconds === 0) return answer;
    this.#kept.delete(key);
    if (this.#kept.size >= this.#most) this.#kept.delete(this.#kept.keys().next().value!);
    const told = capped(answer, seconds);
    this.#kept.set(key, { answer: told, since: now, until: now + seconds * 1000 });
    return told;
  }
}

/** How long an answer may be remembered, in seconds; 0: not at all. Pure. */
export function lifetime({ rcode: code, answers, authority }: Answer): number {
  if (code === rcode.SERVFAIL) return FAILURE;
  if (code !== rcode.NOERROR && code !== rcode.NXDOMAIN) return 0;
  const times = code === rcode.NOERROR && answers.length > 0 ? answers.map(({ ttl }) => ttl) : absence(authority);
  return times.length === 0 ? 0 : Math.min(LONGEST, Math.max(SHORTEST, Math.min(...times)));
}

/** Without a SOA record nobody says for how long something is not there (RFC 2308). */
function absence(authority: readonly ResourceRecord[]): number[] {
  return authority.filter(({ type }) => type === recordType.SOA).map(negativeTtl);
}

function capped(answer: Answer, most: number): Answer {
  return withTtl(answer, (ttl) => Math.min(ttl, most));
}

function aged(answer: Answer, seconds: number): Answer {
  return seconds === 0 ? answer : withTtl(answer, (ttl) => Math.max(0, ttl - seconds));
}

function withTtl(answer: Answer, change: (ttl: number) => number): Answer {
  const all = (records: readonly ResourceRecord[]) => records.map((r) => ({ ...r, ttl: change(r.ttl) }));
  const { answers, authority, additional } = answer;
  return { ...answer, answers: all(answers), authority: all(authority), additional: all(additional) };
}
