import type { ClusterReader } from './cluster-state.ts';
import { zoneAnswer, type ZoneSettings } from './records.ts';
import type { Forwarder } from './upstream/forwarder.ts';
import { CLASS_IN, rcode, recordType } from './wire/constants.ts';
import { isBelow, lowerCase } from './wire/name.ts';
import type { Query } from './wire/query.ts';
import { bare, type Answer } from './wire/response.ts';

export interface AnswererOptions {
  readonly cluster: ClusterReader;
  readonly settings: () => ZoneSettings;
  /** Whether the cluster is known yet. */
  readonly ready: () => boolean;
  readonly forwarder: Pick<Forwarder, 'resolve' | 'cameBack'>;
}

/** An answer, and whether it is good until the cluster changes. */
export interface Found {
  readonly answer: Answer;
  readonly lasting: boolean;
  /** The zone that it counts for: the cluster's, or `.`. */
  readonly zone: string;
}

const { ANY, AXFR, IXFR, MAILA, MAILB } = recordType;
/** Questions for more than one type tell too much to too few bytes, and nobody may copy a zone. */
const refused: ReadonlySet<number> = new Set([ANY, AXFR, IXFR, MAILA, MAILB, recordType.OPT]);
/** So many aliases are followed. */
const MOST_ALIASES = 8;

/** Finds the answer to any question: in the cluster, else at other servers, across both for aliases. */
export class Answerer {
  readonly #options: AnswererOptions;

  constructor(options: AnswererOptions) {
    this.#options = options;
  }

  /** At once where nobody has to be asked. Never rejects. */
  answer(query: Query): Found | Promise<Found> {
    const name = lowerCase(query.name);
    const { domain } = this.#options.settings();
    const zone = isBelow(name, domain) ? `${domain}.` : '.';
    if (query.edns && query.edns.version > 0) return { answer: bare(rcode.BADVERS), lasting: false, zone };
    if (query.class !== CLASS_IN || refused.has(query.type))
      return { answer: bare(rcode.REFUSED), lasting: false, zone };
    if (zone !== '.' && !this.#options.ready()) return { answer: bare(rcode.SERVFAIL), lasting: false, zone };
    return this.#find(query, name, zone);
  }

  #find({ name: asked, type }: Query, name: string, zone: string): Found | Promise<Found> {
    const { cluster, settings, forwarder } = this.#options;
    const found = zoneAnswer(name, type, cluster, settings());
    if (!found && forwarder.cameBack(asked, type)) return { answer: bare(rcode.SERVFAIL), lasting: false, zone };
    if (!found) return later(forwarder.resolve(name, type), (answer) => ({ answer, lasting: false, zone }));
    const answer = { ...found, authoritative: true };
    if (!found.next) return { answer, lasting: true, zone };
    return later(this.#follow(answer, found.next, type, MOST_ALIASES), (whole) => ({
      answer: whole,
      lasting: false,
      zone,
    }));
  }

  /** Adds what the alias leads to. A circle of aliases ends after some. */
  #follow(before: Answer, next: string, type: number, left: number): Answer | Promise<Answer> {
    const { cluster, settings, forwarder } = this.#options;
    if (left === 0) return { ...before, ...bare(rcode.SERVFAIL) };
    const found = zoneAnswer(next, type, cluster, settings());
    if (!found) return later(forwarder.resolve(next, type), (answer) => joined(before, answer));
    const answer = joined(before, { ...found, authoritative: true });
    return found.next ? this.#follow(answer, found.next, type, left - 1) : answer;
  }
}

function joined(before: Answer, after: Answer): Answer {
  return { ...after, authoritative: before.authoritative, answers: [...before.answers, ...after.answers] };
}

function later<T, R>(value: T | Promise<T>, then: (value: T) => R): R | Promise<R> {
  return value instanceof Promise ? value.then(then) : then(value);
}
