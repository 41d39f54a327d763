import { flag, HEADER, LARGEST_UDP, PLAIN_UDP, recordType } from './wire/constants.ts';
import type { Written } from './wire/response.ts';

/** A written answer that is good until the cluster changes. */
interface Known extends Written {
  readonly type: number;
  readonly code: number;
  readonly zone: string;
  /** How often it was told: addresses move up by one each time. */
  turns: number;
}

/** A question whose parts lie where they mostly do, found without reading it whole. */
export interface PlainQuestion {
  readonly key: string;
  /** Where the question ends. */
  readonly end: number;
  /** The most bytes of an answer over UDP. */
  readonly limit: number;
}

const MOST = 20_000;
/** Room for the records of a question: EDNS with some options. */
const LARGEST_QUESTION = 512;

/**
 * Answers as they were written, by their questions: who asks again gets the same bytes with his id, his case, and the
 * addresses turned round. Emptied at every change of the cluster.
 */
export class KnownAnswers {
  readonly #known = new Map<string, Known>();

  clear(): void {
    this.#known.clear();
  }

  get(key: string): Known | undefined {
    return this.#known.get(key);
  }

  put(key: string, written: Written, of: { type: number; code: number; zone: string }): void {
    if (this.#known.size >= MOST) this.#known.clear();
    this.#known.set(key, { ...written, ...of, turns: 0 });
  }
}

/**
 * Looks at a message in the way most questions are written: a standard query for one name, with EDNS or nothing behind.
 * @returns undefined for all others, which have to be read carefully
 */
export function plainQuestion(message: Buffer): PlainQuestion | undefined {
  const length = message.length;
  if (length < HEADER + 5 || length > LARGEST_QUESTION || message[2]! & 0xf8) return undefined;
  if (message.readUInt16BE(4) !== 1 || message.readUInt32BE(6) > 1) return undefined;
  let at = HEADER;
  for (let size = message[at]!; size !== 0; size = message[at]!) {
    if (size > 63) return undefined;
    at += size + 1;
    if (at + 5 > length) return undefined;
  }
  const end = at + 5;
  if (end - HEADER > 259 || message.readUInt16BE(at + 3) !== 1) return undefined;
  const text = message.toString('latin1', HEADER, end - 2);
  const name = text.slice(0, -2).toLowerCase() + text.slice(-2);
  if (message[11] === 0) return { key: name, end, limit: PLAIN_UDP };
  return withEdns(message, end, name);
}

function withEdns(message: Buffer, end: number, name: string): PlainQuestion | undefined {
  const whole = end + 11 <= message.length && message[end] === 0;
  if (!whole || message.readUInt16BE(end + 1) !== recordType.OPT || message[end + 6] !== 0) return undefined;
  if (end + 11 + message.readUInt16BE(end + 9) !== message.length) return undefined;
  const size = message.readUInt16BE(end + 3);
  const dnssec = message[end + 7]! & 0x80;
  const limit = Math.min(LARGEST_UDP, Math.max(PLAIN_UDP, size));
  return { key: `${name}${dnssec ? 'D' : 'E'}`, end, limit };
}

/** The answer for one who asks: his id, his flags and the question in his case. */
export function tell(known: Known, message: Buffer, end: number): Buffer {
  const answer = Buffer.allocUnsafe(known.bytes.length);
  known.bytes.copy(answer);
  message.copy(answer, HEADER, HEADER, end);
  answer[0] = message[0]!;
  answer[1] = message[1]!;
  answer[2] = (answer[2]! & ~(flag.RD >> 8)) | (message[2]! & (flag.RD >> 8));
  answer[3] = (answer[3]! & ~flag.CD) | (message[3]! & flag.CD);
  if (known.rotates) turn(answer, known.bytes, known.rotates, ++known.turns % known.rotates.count);
  return answer;
}

/** Puts the addresses from number `first` on before the others. */
export function turn(
  answer: Buffer,
  bytes: Buffer,
  { at, size, count }: NonNullable<Written['rotates']>,
  first: number,
): void {
  const middle = at + first * size;
  const end = at + count * size;
  bytes.copy(answer, at, middle, end);
  bytes.copy(answer, at + end - middle, at, middle);
}
