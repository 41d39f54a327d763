import { CLASS_IN, HEADER, LARGEST_UDP, recordType } from './constants.ts';
import { labelsOf, MalformedMessage, readName } from './name.ts';
import { readData, type ResourceRecord } from './record.ts';

/** What another server answered. */
export interface Reply {
  readonly id: number;
  readonly truncated: boolean;
  readonly rcode: number;
  /** The question that it says it answers, in the case in which it came back; undefined when it names none. */
  readonly question: { readonly name: string; readonly type: number } | undefined;
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
}

/** Writes a question to another server, who is to find the answer himself. */
export function writeQuery(id: number, name: string, type: number, options: { edns: boolean }): Buffer {
  const parts = labelsOf(name).flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]);
  const head = Buffer.alloc(HEADER);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(0x0100, 2);
  head.writeUInt16BE(1, 4);
  const end = Buffer.alloc(5);
  end.writeUInt16BE(type, 1);
  end.writeUInt16BE(CLASS_IN, 3);
  if (!options.edns) return Buffer.concat([head, ...parts, end]);
  head.writeUInt16BE(1, 10);
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(recordType.OPT, 1);
  opt.writeUInt16BE(LARGEST_UDP, 3);
  return Buffer.concat([head, ...parts, end, opt]);
}

/** Takes an answer apart. A truncated one may end anywhere. @throws MalformedMessage */
export function readReply(message: Buffer): Reply {
  if (message.length < HEADER || !(message[2]! & 0x80)) throw new MalformedMessage('this is no answer');
  const flags = message.readUInt16BE(2);
  const truncated = (flags & 0x0200) !== 0;
  const head = { id: message.readUInt16BE(0), truncated };
  let at = HEADER;
  let question: Reply['question'];
  for (let i = message.readUInt16BE(4); i > 0; i--) {
    const { name, next } = readName(message, at);
    if (next + 4 > message.length) throw new MalformedMessage('the question has no end');
    question = { name, type: message.readUInt16BE(next) };
    at = next + 4;
  }
  const nothing = { answers: [], authority: [], additional: [] };
  if (truncated) return { ...head, question, rcode: flags & 0xf, ...nothing };
  const records = new RecordReader(message, at);
  const answers = records.section(message.readUInt16BE(6));
  const authority = records.section(message.readUInt16BE(8));
  const additional = records.section(message.readUInt16BE(10));
  return { ...head, question, rcode: (flags & 0xf) | records.extendedRcode, answers, authority, additional };
}

class RecordReader {
  readonly #message: Buffer;
  #at: number;
  /** What OPT adds to the code of the header. */
  extendedRcode = 0;

  constructor(message: Buffer, at: number) {
    this.#message = message;
    this.#at = at;
  }

  section(count: number): ResourceRecord[] {
    const records: ResourceRecord[] = [];
    for (let i = 0; i < count; i++) {
      const record = this.#record();
      if (record) records.push(record);
    }
    return records;
  }

  /** Undefined for what is not of the class IN: OPT, signatures of transactions. */
  #record(): ResourceRecord | undefined {
    const message = this.#message;
    const { name, next } = readName(message, this.#at);
    if (next + 10 > message.length) throw new MalformedMessage('a record goes beyond the end');
    const type = message.readUInt16BE(next);
    const length = message.readUInt16BE(next + 8);
    const data = readData(message, type, next + 10, length);
    this.#at = next + 10 + length;
    if (type === recordType.OPT) this.extendedRcode = message[next + 4]! << 4;
    if (type === recordType.OPT || message.readUInt16BE(next + 2) !== CLASS_IN) return undefined;
    // A time with the highest bit set counts as none (RFC 2181).
    const ttl = message.readUInt32BE(next + 4);
    return { name, type, ttl: ttl > 0x7fffffff ? 0 : ttl, data };
  }
}
