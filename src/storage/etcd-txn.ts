import { WireReader } from '../apimachinery/protobuf/wire-reader.ts';
import { WireWriter } from '../apimachinery/protobuf/wire-writer.ts';
import { bytes, eachField, field, number, part, readHeader, readKeyValue, varint } from './etcd-wire.ts';
import type { EtcdKeyValue } from './etcd-wire.ts';

/** The method that every write calls. */
export const txnPath = '/etcdserverpb.KV/Txn';

/** A write that happens only while the key is as expected. */
export interface ConditionalWrite {
  readonly key: Buffer;
  /** The revision of the key's last write; 0: there is no such key. */
  readonly expected: number;
  /** What to put; absent: the key is deleted. */
  readonly value?: Buffer | undefined;
  /** The id of a lease. */
  readonly lease?: number | undefined;
}

/** What etcd answers. */
export interface TxnAnswer {
  /** The store's revision after it. */
  readonly revision: number;
  /** Whether the key was as expected, and the write was done. */
  readonly succeeded: boolean;
  /** The key as it is instead; undefined when there is none, or the write was done. */
  readonly current: EtcdKeyValue | undefined;
}

const txnRequest = { compare: bytes(1), success: bytes(2), failure: bytes(3) };
const compare = { target: varint(2), key: bytes(3), modRevision: varint(6) };
const targetMod = 2;
const requestOp = { range: bytes(1), put: bytes(2), deleteRange: bytes(3) };
const put = { key: bytes(1), value: bytes(2), lease: varint(3) };
const onlyKey = bytes(1);
const txnResponse = { header: bytes(1), succeeded: varint(2), responses: bytes(3) };
const responseOpRange = bytes(1);
const rangeKvs = bytes(2);

/** The transaction as bytes: compare, then put or delete, or else tell what is there. */
export function encodeTxn(write: ConditionalWrite): Buffer {
  // From the end to the beginning, as the writer writes.
  const out = new WireWriter();
  part(out, txnRequest.failure, () => part(out, requestOp.range, () => field(out, onlyKey, write.key)));
  part(out, txnRequest.success, () => {
    if (write.value === undefined) part(out, requestOp.deleteRange, () => field(out, onlyKey, write.key));
    else part(out, requestOp.put, () => encodePut(out, write));
  });
  part(out, txnRequest.compare, () => {
    number(out, compare.modRevision, write.expected);
    field(out, compare.key, write.key);
    number(out, compare.target, targetMod);
  });
  return out.take();
}

function encodePut(out: WireWriter, { key, value, lease }: ConditionalWrite): void {
  if (lease !== undefined) number(out, put.lease, lease);
  field(out, put.value, value!);
  field(out, put.key, key);
}

/** @throws WireError when the bytes are no such answer */
export function decodeTxn(document: Buffer): TxnAnswer {
  const reader = new WireReader(document);
  let revision = 0;
  let succeeded = false;
  let current: TxnAnswer['current'];
  eachField(reader, (tag) => {
    if (tag === txnResponse.header) revision = reader.within(() => readHeader(reader));
    else if (tag === txnResponse.succeeded) succeeded = reader.integer() !== 0;
    else if (tag === txnResponse.responses) current = reader.within(() => readResponse(reader));
    else return false;
    return true;
  });
  return { revision, succeeded, current };
}

/** The first key of a range; nothing for the answers to other operations. */
function readResponse(reader: WireReader): TxnAnswer['current'] {
  let found: TxnAnswer['current'];
  eachField(reader, (tag) => {
    if (tag !== responseOpRange) return false;
    found = reader.within(() => readRange(reader));
    return true;
  });
  return found;
}

function readRange(reader: WireReader): TxnAnswer['current'] {
  let found: TxnAnswer['current'];
  eachField(reader, (tag) => {
    if (tag !== rangeKvs) return false;
    found = reader.within(() => readKeyValue(reader));
    return true;
  });
  return found;
}
