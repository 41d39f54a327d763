import { WireWriter } from '../apimachinery/protobuf/wire-writer.ts';
import { number, varint } from './etcd-wire.ts';

export const leaseGrantPath = '/etcdserverpb.Lease/LeaseGrant';
export const compactPath = '/etcdserverpb.KV/Compact';

const grant = { ttl: varint(1), id: varint(2) };
const compaction = { revision: varint(1) };

/** A lease of `seconds` under an id of our choosing. */
export function encodeLeaseGrant(id: number, seconds: number): Buffer {
  const out = new WireWriter();
  number(out, grant.id, id);
  number(out, grant.ttl, seconds);
  return out.take();
}

export function encodeCompaction(revision: number): Buffer {
  const out = new WireWriter();
  number(out, compaction.revision, revision);
  return out.take();
}
