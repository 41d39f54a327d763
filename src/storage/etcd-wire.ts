import { WireReader } from '../apimachinery/protobuf/wire-reader.ts';
import type { WireWriter } from '../apimachinery/protobuf/wire-writer.ts';

/** A key as etcd sends it. */
export interface EtcdKeyValue {
  readonly key: Buffer;
  /** A view of the message that it came in. */
  readonly value: Buffer;
  /** The revision of the key's first write since it was last deleted. */
  readonly createRevision: number;
  /** The revision of the key's last write. */
  readonly modRevision: number;
}

// Tags of etcd's messages (rpc.proto and kv.proto): a field's number and wire type in one.
export const varint = (number: number) => number * 8;
export const bytes = (number: number) => number * 8 + 2;
const headerRevision = varint(3);
const keyValue = { key: bytes(1), createRevision: varint(2), modRevision: varint(3), value: bytes(5) };
const NOTHING: Buffer = Buffer.alloc(0);

// Messages are written from the end to the beginning: of a field first the value, then the tag.

export function field(out: WireWriter, tag: number, value: Buffer): void {
  out.bytes(value);
  out.integer(tag);
}

export function number(out: WireWriter, tag: number, value: number): void {
  out.integer(value);
  out.integer(tag);
}

export function part(out: WireWriter, tag: number, write: () => void): void {
  const before = out.size;
  write();
  out.integer(out.size - before);
  out.integer(tag);
}

/** Calls `take` with every tag up to the reader's end; a field that it does not take is skipped. */
export function eachField(reader: WireReader, take: (tag: number) => boolean): void {
  while (!reader.done) {
    const tag = reader.tag();
    if (!take(tag)) reader.skip(tag % 8);
  }
}

/** The store's revision in a `ResponseHeader`. */
export function readHeader(reader: WireReader): number {
  let revision = 0;
  eachField(reader, (tag) => {
    if (tag !== headerRevision) return false;
    revision = reader.integer();
    return true;
  });
  return revision;
}

export function readKeyValue(reader: WireReader): EtcdKeyValue {
  const found = { key: NOTHING, value: NOTHING, createRevision: 0, modRevision: 0 };
  eachField(reader, (tag) => {
    if (tag === keyValue.key) found.key = reader.bytes();
    else if (tag === keyValue.value) found.value = reader.bytes();
    else if (tag === keyValue.createRevision) found.createRevision = reader.integer();
    else if (tag === keyValue.modRevision) found.modRevision = reader.integer();
    else return false;
    return true;
  });
  return found;
}
