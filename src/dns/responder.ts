import type { Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { Answerer, Found } from './answerer.ts';
import { KnownAnswers, plainQuestion, tell, turn } from './known-answers.ts';
import type { DnsMetrics, Transport } from './metrics.ts';
import { LARGEST_TCP, LARGEST_UDP, PLAIN_UDP, rcode } from './wire/constants.ts';
import { readQuery, type Query } from './wire/query.ts';
import { bare, writeFault, writeResponse } from './wire/response.ts';

export interface ResponderOptions {
  readonly answerer: Pick<Answerer, 'answer'>;
  readonly metrics: DnsMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** Turns the bytes of a question into those of its answer. */
export class Responder {
  readonly #options: ResponderOptions;
  readonly #known = new KnownAnswers();
  #turns = 0;

  constructor(options: ResponderOptions) {
    this.#options = options;
  }

  /** What was known may not be so any more. */
  forget(): void {
    this.#known.clear();
  }

  /** @returns undefined for what must not be answered. Never throws or rejects. */
  respond(message: Buffer, transport: Transport): Buffer | undefined | Promise<Buffer | undefined> {
    const started = this.#options.clock.monotonic();
    return this.#knownAnswer(message, transport, started) ?? this.#find(message, transport, started);
  }

  #knownAnswer(message: Buffer, transport: Transport, started: number): Buffer | undefined {
    const plain = plainQuestion(message);
    const known = plain && this.#known.get(plain.key);
    if (!known || known.bytes.length > (transport === 'udp' ? plain.limit : LARGEST_TCP)) return undefined;
    const answer = tell(known, message, plain.end);
    this.#count(message, answer, transport, started, known);
    return answer;
  }

  #find(message: Buffer, transport: Transport, started: number): Buffer | undefined | Promise<Buffer | undefined> {
    const query = readQuery(message);
    if (!query) return undefined;
    if ('fault' in query) return this.#fault(query, message, transport, started);
    const write = (found: Found) => this.#write(query, found, message, transport, started);
    const failed = (error: unknown) => {
      this.#options.metrics.panicked();
      this.#options.log.error('a question could not be answered', { name: query.name, error: errorMessage(error) });
      return write({ answer: bare(rcode.SERVFAIL), lasting: false, zone: '.' });
    };
    try {
      const found = this.#options.answerer.answer(query);
      return found instanceof Promise ? found.then(write).catch(failed) : write(found);
    } catch (error) {
      return failed(error);
    }
  }

  #fault(query: Parameters<typeof writeFault>[0], message: Buffer, transport: Transport, started: number): Buffer {
    const bytes = writeFault(query);
    this.#count(message, bytes, transport, started, { type: 0, zone: '.', code: query.fault });
    return bytes;
  }

  #write(
    query: Query,
    { answer, lasting, zone }: Found,
    message: Buffer,
    transport: Transport,
    started: number,
  ): Buffer {
    const largest = Math.min(LARGEST_UDP, Math.max(PLAIN_UDP, query.edns?.size ?? 0));
    const limit = transport === 'tcp' ? LARGEST_TCP : largest;
    const of = { type: query.type, code: answer.rcode, zone };
    const written = writeResponse(query, answer, limit);
    const cut = (written.bytes[2]! & 0x02) !== 0;
    // A cut answer is another one for everybody who takes more.
    const plain = lasting && !cut ? plainQuestion(message) : undefined;
    if (plain) this.#known.put(plain.key, written, of);
    const bytes = plain || !written.rotates ? written.bytes : this.#turned(written.bytes, written.rotates);
    this.#count(message, bytes, transport, started, of);
    return bytes;
  }

  #turned(bytes: Buffer, rotates: NonNullable<ReturnType<typeof writeResponse>['rotates']>): Buffer {
    const answer = Buffer.from(bytes);
    turn(answer, bytes, rotates, ++this.#turns % rotates.count);
    return answer;
  }

  #count(
    message: Buffer,
    answer: Buffer,
    transport: Transport,
    started: number,
    of: { type: number; code: number; zone: string },
  ): void {
    const { metrics, clock } = this.#options;
    const milliseconds = clock.monotonic() - started;
    metrics.answered(transport, { ...of, milliseconds, asked: message.length, told: answer.length });
  }
}
