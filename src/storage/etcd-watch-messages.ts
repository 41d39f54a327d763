import { WireReader } from '../apimachinery/protobuf/wire-reader.ts';
import { WireWriter } from '../apimachinery/protobuf/wire-writer.ts';
import { bytes, eachField, field, number, part, readHeader, readKeyValue, varint } from './etcd-wire.ts';
import type { EtcdKeyValue } from './etcd-wire.ts';

export const watchPath = '/etcdserverpb.Watch/Watch';

export interface WatchRequest {
  readonly key: Buffer;
  readonly end: Buffer;
  /** The first revision whose events are wanted; absent: the next one. */
  readonly start?: number | undefined;
  /** Whether events tell the state before. */
  readonly previous: boolean;
  /** Whether only deletes are wanted. */
  readonly deletesOnly: boolean;
}

export interface EtcdEvent {
  readonly deleted: boolean;
  readonly kv: EtcdKeyValue;
  readonly previous?: EtcdKeyValue | undefined;
}

/** What one message of the stream says. */
export interface WatchAnswer {
  readonly revision: number;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Above 0: the past that was asked for is gone up to here. */
  readonly compactRevision: number;
  readonly cancelReason: string;
  readonly events: readonly EtcdEvent[];
}

const createRequest = bytes(1);
const request = {
  key: bytes(1),
  end: bytes(2),
  start: varint(3),
  progress: varint(4),
  filters: varint(5),
  previous: varint(6),
};
const noPut = 0;
const answer = {
  header: bytes(1),
  created: varint(3),
  canceled: varint(4),
  compactRevision: varint(5),
  cancelReason: bytes(6),
  events: bytes(11),
};
const event = { type: varint(1), kv: bytes(2), previous: bytes(3) };
const deleteType = 1;
const NO_KEY: EtcdKeyValue = { key: Buffer.alloc(0), value: Buffer.alloc(0), createRevision: 0, modRevision: 0 };

export function encodeWatch(watch: WatchRequest): Buffer {
  const out = new WireWriter();
  part(out, createRequest, () => {
    if (watch.previous) number(out, request.previous, 1);
    if (watch.deletesOnly) number(out, request.filters, noPut);
    if (watch.start !== undefined) number(out, request.start, watch.start);
    field(out, request.end, watch.end);
    field(out, request.key, watch.key);
  });
  return out.take();
}

/** @throws WireError when the bytes are no such answer */
export function decodeWatch(document: Buffer): WatchAnswer {
  const reader = new WireReader(document);
  const events: EtcdEvent[] = [];
  const found = { revision: 0, created: false, canceled: false, compactRevision: 0, cancelReason: '', events };
  eachField(reader, (tag) => {
    if (tag === answer.events) events.push(reader.within(() => readEvent(reader)));
    else if (tag === answer.header) found.revision = reader.within(() => readHeader(reader));
    else if (tag === answer.created) found.created = reader.integer() !== 0;
    else if (tag === answer.canceled) found.canceled = reader.integer() !== 0;
    else if (tag === answer.compactRevision) found.compactRevision = reader.integer();
    else if (tag === answer.cancelReason) found.cancelReason = reader.text();
    else return false;
    return true;
  });
  return found;
}

function readEvent(reader: WireReader): EtcdEvent {
  let deleted = false;
  let kv = NO_KEY;
  let previous: EtcdKeyValue | undefined;
  eachField(reader, (tag) => {
    if (tag === event.type) deleted = reader.integer() === deleteType;
    else if (tag === event.kv) kv = reader.within(() => readKeyValue(reader));
    else if (tag === event.previous) previous = reader.within(() => readKeyValue(reader));
    else return false;
    return true;
  });
  return { deleted, kv, previous };
}
