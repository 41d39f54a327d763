import { WireReader } from '../apimachinery/protobuf/wire-reader.ts';
import { WireWriter } from '../apimachinery/protobuf/wire-writer.ts';
import { bytes, eachField, field, number, readHeader, readKeyValue, varint, type EtcdKeyValue } from './etcd-wire.ts';

/** The method that every read calls. */
export const rangePath = '/etcdserverpb.KV/Range';

export interface RangeRequest {
  readonly key: Buffer;
  /** Absent: only `key`. Else all keys from it up to, not including, this one. */
  readonly end?: Buffer | undefined;
  readonly limit?: number | undefined;
  /** The state at this revision instead of the newest. */
  readonly revision?: number | undefined;
  /** Whether the asked member may answer by what it has, without asking the others. */
  readonly serializable?: boolean | undefined;
  readonly countOnly?: boolean | undefined;
}

export interface RangeAnswer {
  /** The store's revision. */
  readonly revision: number;
  readonly kvs: readonly EtcdKeyValue[];
  /** How many keys there are in the range, beyond the limit too. */
  readonly count: number;
}

const request = {
  key: bytes(1),
  end: bytes(2),
  limit: varint(3),
  revision: varint(4),
  serializable: varint(7),
  countOnly: varint(9),
};
const answer = { header: bytes(1), kvs: bytes(2), count: varint(4) };

export function encodeRange(range: RangeRequest): Buffer {
  const out = new WireWriter();
  if (range.countOnly) number(out, request.countOnly, 1);
  if (range.serializable) number(out, request.serializable, 1);
  if (range.revision) number(out, request.revision, range.revision);
  if (range.limit) number(out, request.limit, range.limit);
  if (range.end) field(out, request.end, range.end);
  field(out, request.key, range.key);
  return out.take();
}

/** @throws WireError when the bytes are no such answer */
export function decodeRange(document: Buffer): RangeAnswer {
  const reader = new WireReader(document);
  const kvs: EtcdKeyValue[] = [];
  let [revision, count] = [0, 0];
  eachField(reader, (tag) => {
    if (tag === answer.header) revision = reader.within(() => readHeader(reader));
    else if (tag === answer.kvs) kvs.push(reader.within(() => readKeyValue(reader)));
    else if (tag === answer.count) count = reader.integer();
    else return false;
    return true;
  });
  return { revision, kvs, count };
}
