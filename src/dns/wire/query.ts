import { flag, HEADER, rcode, recordType } from './constants.ts';
import { MalformedMessage, readName } from './name.ts';

/** What somebody asks. */
export interface Query {
  readonly id: number;
  /** RD and CD of the question, which the answer repeats. */
  readonly flags: number;
  /** The name in the case in which it was asked. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** The question as it came, for the answer. */
  readonly question: Buffer;
  readonly edns?: Edns | undefined;
}

/** RFC 6891. */
export interface Edns {
  /** The largest answer over UDP that the asker takes, in bytes. */
  readonly size: number;
  readonly version: number;
  readonly dnssecOk: boolean;
}

/** A message that gets no more than a code; without a question when it could not be read. */
export interface Fault {
  readonly id: number;
  readonly flags: number;
  readonly fault: number;
  readonly question: Buffer;
}

const noQuestion = Buffer.alloc(0);

/**
 * Reads a question. Never throws.
 * @returns undefined for what must not be answered at all: no header, or an answer
 */
export function readQuery(message: Buffer): Query | Fault | undefined {
  if (message.length < HEADER || message[2]! & 0x80) return undefined;
  const id = message.readUInt16BE(0);
  const flags = message.readUInt16BE(2) & (flag.RD | flag.CD);
  const opcode = (message[2]! >> 3) & 0xf;
  if (opcode !== 0) return { id, flags: flags | (opcode << 11), fault: rcode.NOTIMP, question: noQuestion };
  try {
    return { id, flags, ...readSections(message) };
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    return { id, flags, fault: rcode.FORMERR, question: noQuestion };
  }
}

function readSections(message: Buffer): Omit<Query, 'id' | 'flags'> {
  if (message.readUInt16BE(4) !== 1) throw new MalformedMessage('there must be one question');
  const { name, next } = readName(message, HEADER);
  const end = next + 4;
  if (end > message.length) throw new MalformedMessage('the question has no end');
  return {
    name,
    type: message.readUInt16BE(next),
    class: message.readUInt16BE(next + 2),
    question: Buffer.from(message.subarray(HEADER, end)),
    edns: readEdns(message, end),
  };
}

function readEdns(message: Buffer, at: number): Edns | undefined {
  const before = message.readUInt16BE(6) + message.readUInt16BE(8);
  const records = before + message.readUInt16BE(10);
  let found: Edns | undefined;
  for (let i = 0; i < records; i++) {
    const { name, next } = readName(message, at);
    if (next + 10 > message.length) throw new MalformedMessage('a record goes beyond the end');
    if (message.readUInt16BE(next) === recordType.OPT) {
      if (found || name !== '' || i < before) throw new MalformedMessage('OPT is where it must not be');
      found = {
        size: message.readUInt16BE(next + 2),
        version: message[next + 5]!,
        dnssecOk: (message[next + 6]! & 0x80) !== 0,
      };
    }
    at = next + 10 + message.readUInt16BE(next + 8);
    if (at > message.length) throw new MalformedMessage('a record goes beyond the end');
  }
  return found;
}
