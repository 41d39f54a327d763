import { isIPv6 } from 'node:net';
import { recordType } from './constants.ts';
import { MalformedMessage, readName } from './name.ts';

/** A resource record of the class IN. */
export interface ResourceRecord {
  readonly name: string;
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  /** What it says: bytes, and names (strings), in the order of the wire. */
  readonly data: readonly (Buffer | string)[];
}

const { A, AAAA, CNAME, DNAME, MX, NS, PTR, SOA, SRV, TXT } = recordType;

/** Of the types whose data hold names: how many bytes go before the names, and how many names there are. */
const namesIn: ReadonlyMap<number, readonly [bytes: number, names: number]> = new Map([
  [NS, [0, 1]],
  [CNAME, [0, 1]],
  [PTR, [0, 1]],
  [DNAME, [0, 1]],
  [MX, [2, 1]],
  [SRV, [6, 1]],
  [SOA, [0, 2]],
]);

/** Types whose names may be shortened in an answer (RFC 3597: those of RFC 1035). */
export const shortens: ReadonlySet<number> = new Set([NS, CNAME, PTR, MX, SOA]);

/** Takes the data of a record apart. @throws MalformedMessage */
export function readData(message: Buffer, type: number, at: number, length: number): (Buffer | string)[] {
  const end = at + length;
  if (end > message.length) throw new MalformedMessage('a record goes beyond the end');
  const [before, names] = namesIn.get(type) ?? [length, 0];
  const data: (Buffer | string)[] = before > 0 ? [Buffer.from(message.subarray(at, at + before))] : [];
  at += before;
  for (let i = 0; i < names; i++) {
    const { name, next } = readName(message, at);
    data.push(name);
    at = next;
  }
  if (at > end) throw new MalformedMessage('the data of a record are too short');
  if (at < end) data.push(Buffer.from(message.subarray(at, end)));
  return data;
}

/** `A` or `AAAA`, by the address. */
export function addressRecord(name: string, ttl: number, address: string): ResourceRecord {
  const six = isIPv6(address);
  return { name, type: six ? AAAA : A, ttl, data: [six ? ipv6Bytes(address) : ipv4Bytes(address)] };
}

export function nameRecord(name: string, type: typeof CNAME | typeof NS | typeof PTR, ttl: number, target: string) {
  return { name, type, ttl, data: [target] } satisfies ResourceRecord;
}

/** @param text at most 255 bytes */
export function textRecord(name: string, ttl: number, text: string): ResourceRecord {
  return { name, type: TXT, ttl, data: [Buffer.from([text.length, ...Buffer.from(text, 'latin1')])] };
}

export function serviceRecord(
  name: string,
  ttl: number,
  { priority, weight, port, target }: { priority: number; weight: number; port: number; target: string },
): ResourceRecord {
  const numbers = Buffer.alloc(6);
  numbers.writeUInt16BE(priority, 0);
  numbers.writeUInt16BE(weight, 2);
  numbers.writeUInt16BE(port, 4);
  return { name, type: SRV, ttl, data: [numbers, target] };
}

/** The times are seconds. */
export function authorityRecord(
  name: string,
  ttl: number,
  fields: { server: string; mailbox: string; serial: number; refresh: number; retry: number; expire: number },
): ResourceRecord {
  const { server, mailbox, serial, refresh, retry, expire } = fields;
  const numbers = Buffer.alloc(20);
  [serial, refresh, retry, expire, ttl].forEach((value, i) => numbers.writeUInt32BE(value >>> 0, i * 4));
  return { name, type: SOA, ttl, data: [server, mailbox, numbers] };
}

/** How long the absence of something may be remembered by this SOA record (RFC 2308), in seconds. */
export function negativeTtl({ ttl, data }: ResourceRecord): number {
  const numbers = data[2];
  return Buffer.isBuffer(numbers) && numbers.length === 20 ? Math.min(ttl, numbers.readUInt32BE(16)) : 0;
}

function ipv4Bytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function ipv6Bytes(address: string): Buffer {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const plain = dotted
    ? `${dotted[1]}${hexOf(dotted[2]!, dotted[3]!)}:${hexOf(dotted[4]!, dotted[5]!)}`
    : address.split('%')[0]!;
  const [head = '', tail] = plain.split('::');
  const words = (text: string) => (text ? text.split(':').map((word) => parseInt(word, 16)) : []);
  const [left, right] = [words(head), words(tail ?? '')];
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  const bytes = Buffer.alloc(16);
  all.forEach((word, i) => bytes.writeUInt16BE(word, i * 2));
  return bytes;
}

function hexOf(high: string, low: string): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}
