import { flag, HEADER, LARGEST_TCP, LARGEST_UDP, recordType } from './constants.ts';
import { labelsOf, lowerCase } from './name.ts';
import type { Fault, Query } from './query.ts';
import { shortens, type ResourceRecord } from './record.ts';

/** What is answered to a question. */
export interface Answer {
  readonly rcode: number;
  /** Whether we are the ones who know. */
  readonly authoritative: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
}

/** An answer of nothing but a code. */
export function bare(rcode: number): Answer {
  return { rcode, authoritative: false, answers: [], authority: [], additional: [] };
}

/** A written answer, and which part of it are addresses that may change places. */
export interface Written {
  readonly bytes: Buffer;
  readonly rotates: { readonly at: number; readonly size: number; readonly count: number } | undefined;
}

const OPT_LENGTH = 11;

/**
 * Writes an answer of at most `limit` bytes. What does not fit is left out whole: additional records without a word,
 * others with TC, so that the asker comes again over TCP.
 */
export function writeResponse(query: Query, answer: Answer, limit: number): Written {
  const writer = new Writer(query.question, limit - (query.edns ? OPT_LENGTH : 0));
  const answers = writer.all(answer.answers);
  const authority = answers.whole ? writer.all(answer.authority) : answers;
  const additional = authority.whole ? writer.all(answer.additional) : undefined;
  const truncated = !answers.whole || !authority.whole;
  const bits = (answer.authoritative ? flag.AA : 0) | (truncated ? flag.TC : 0);
  const counts = [answers.count, answers === authority ? 0 : authority.count, additional?.count ?? 0] as const;
  const bytes = writer.finish(query, bits | (answer.rcode & 0xf), counts);
  return { bytes: query.edns ? withEdns(bytes, query, answer.rcode) : bytes, rotates: answers.rotates };
}

/** Writes the answer to a message that cannot be answered otherwise. */
export function writeFault({ id, flags, fault, question }: Fault): Buffer {
  const bytes = Buffer.alloc(HEADER + question.length);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt16BE(flag.QR | flags | fault, 2);
  if (question.length > 0) bytes.writeUInt16BE(1, 4);
  question.copy(bytes, HEADER);
  return bytes;
}

function withEdns(bytes: Buffer, { edns }: Query, code: number): Buffer {
  const opt = Buffer.alloc(OPT_LENGTH);
  opt.writeUInt16BE(recordType.OPT, 1);
  opt.writeUInt16BE(LARGEST_UDP, 3);
  opt[5] = code >> 4;
  opt[7] = edns!.dnssecOk ? 0x80 : 0;
  bytes.writeUInt16BE(bytes.readUInt16BE(10) + 1, 10);
  return Buffer.concat([bytes, opt]);
}

interface Section {
  count: number;
  whole: boolean;
  rotates: Written['rotates'];
}

/** One for all messages of a thread: writing never waits. */
const scratch = Buffer.allocUnsafe(LARGEST_TCP + 1024);

class Writer {
  readonly #limit: number;
  /** Where the ends of names stand that were written, for names that end alike. */
  readonly #places = new Map<string, number>();
  #at = HEADER;

  constructor(question: Buffer, limit: number) {
    this.#limit = Math.min(limit, LARGEST_TCP);
    this.#notePlaces(question);
    question.copy(scratch, this.#at);
    this.#at += question.length;
  }

  all(records: readonly ResourceRecord[]): Section {
    const section: Section = { count: 0, whole: true, rotates: undefined };
    for (const record of records) {
      const from = this.#at;
      if (!this.#record(record)) {
        this.#at = from;
        section.whole = false;
        break;
      }
      section.count++;
      section.rotates = rotation(section, record, from, this.#at - from);
    }
    if (section.rotates && section.rotates.count < 2) section.rotates = undefined;
    return section;
  }

  finish({ id, flags }: Query, bits: number, counts: readonly [number, number, number]): Buffer {
    scratch.writeUInt16BE(id, 0);
    scratch.writeUInt16BE(flag.QR | flag.RA | flags | bits, 2);
    [1, ...counts].forEach((count, i) => scratch.writeUInt16BE(count, 4 + i * 2));
    return Buffer.from(scratch.subarray(0, this.#at));
  }

  /** @returns false when there is no room for it; what was written of it does not count then */
  #record({ name, type, ttl, data }: ResourceRecord): boolean {
    this.#name(name, true);
    const head = this.#at;
    this.#at += 10;
    for (const part of data) {
      if (typeof part === 'string') this.#name(part, shortens.has(type));
      else if (this.#at + part.length <= this.#limit) this.#at += part.copy(scratch, this.#at);
      else return false;
      if (this.#at > this.#limit) return false;
    }
    if (this.#at > this.#limit) return false;
    scratch.writeUInt16BE(type, head);
    scratch.writeUInt16BE(1, head + 2);
    scratch.writeUInt32BE(ttl >>> 0, head + 4);
    scratch.writeUInt16BE(this.#at - head - 10, head + 8);
    return true;
  }

  #name(name: string, short: boolean): void {
    let rest = lowerCase(name);
    for (const label of labelsOf(name)) {
      const place = short ? this.#places.get(rest) : undefined;
      if (place !== undefined) {
        this.#at = scratch.writeUInt16BE(0xc000 | place, this.#at);
        return;
      }
      if (this.#at < 0x4000) this.#places.set(rest, this.#at);
      scratch[this.#at++] = label.length;
      this.#at += scratch.write(label, this.#at, 'latin1');
      rest = afterFirstLabel(rest);
    }
    scratch[this.#at++] = 0;
  }

  /** Answers mostly name what was asked. */
  #notePlaces(question: Buffer): void {
    const starts: number[] = [];
    const labels: string[] = [];
    for (let at = 0; question[at]; at += question[at]! + 1) {
      starts.push(HEADER + at);
      const label = question.toString('latin1', at + 1, at + 1 + question[at]!);
      labels.push(lowerCase(label.replace(/[.\\]/g, '\\$&')));
    }
    starts.forEach((start, i) => this.#places.set(labels.slice(i).join('.'), start));
  }
}

function afterFirstLabel(name: string): string {
  if (!name.includes('\\')) return name.slice(name.indexOf('.') + 1 || name.length);
  const [first = ''] = /^(?:\\[^]|[^.\\])+/.exec(name) ?? [];
  return name.slice(first.length + 1);
}

/** A run of addresses at the end of the answers may be turned round, when each refers to the name with two bytes. */
function rotation({ rotates }: Section, { type }: ResourceRecord, at: number, size: number): Written['rotates'] {
  if (size !== (type === recordType.A ? 16 : type === recordType.AAAA ? 28 : 0)) return undefined;
  if (rotates && rotates.size === size && rotates.at + rotates.size * rotates.count === at)
    return { ...rotates, count: rotates.count + 1 };
  return { at, size, count: 1 };
}
