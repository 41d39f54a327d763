import { WireError } from './wire-error.ts';
import { wire, WireReader } from './wire-reader.ts';
import { tagOf } from './values.ts';
import { WireWriter } from './wire-writer.ts';

/** The media type of Kubernetes' protobuf, in which client-go writes built-in kinds. */
export const protobufType = 'application/vnd.kubernetes.protobuf';

/** What every document begins with: `k8s` and a zero byte. Behind it stands a message `runtime.Unknown`. */
const magic = Buffer.from('k8s\0');

/** A document's type, and the object's own message. */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Buffer;
}

/** @throws WireError when `document` is none */
export function openEnvelope(document: Buffer): Envelope {
  if (!document.subarray(0, magic.length).equals(magic))
    throw new WireError('it does not begin with "k8s" and a zero byte');
  const reader = new WireReader(document.subarray(magic.length));
  const found = { apiVersion: '', kind: '', raw: Buffer.alloc(0) as Buffer };
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === tagOf(1, wire.bytes)) reader.within(() => readType(reader, found));
    else if (tag === tagOf(2, wire.bytes)) found.raw = reader.bytes();
    else if (tag === tagOf(3, wire.bytes)) refuseEncoding(reader.text());
    else reader.skip(tag % 8);
  }
  return found;
}

function readType(reader: WireReader, into: { apiVersion: string; kind: string }): void {
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === tagOf(1, wire.bytes)) into.apiVersion = reader.text();
    else if (tag === tagOf(2, wire.bytes)) into.kind = reader.text();
    else reader.skip(tag % 8);
  }
}

function refuseEncoding(encoding: string): void {
  if (encoding)
    throw new WireError(`its content encoding ${JSON.stringify(encoding)} is not supported: send it without`);
}

/** Empty between calls. */
const writer = new WireWriter();

/** The document of an object whose message consists of `parts`. */
export function sealEnvelope(apiVersion: string, kind: string, parts: readonly Buffer[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  return Buffer.concat([envelopeHead(apiVersion, kind, length), ...parts, envelopeTail]);
}

/** Empty encoding and content type, which Go writes as well. */
const envelopeTail = Buffer.from([tagOf(3, wire.bytes), 0, tagOf(4, wire.bytes), 0]);

function envelopeHead(apiVersion: string, kind: string, rawLength: number): Buffer {
  writer.integer(rawLength);
  writer.integer(tagOf(2, wire.bytes));
  const before = writer.size;
  writer.text(kind);
  writer.integer(tagOf(2, wire.bytes));
  writer.text(apiVersion);
  writer.integer(tagOf(1, wire.bytes));
  writer.integer(writer.size - before);
  writer.integer(tagOf(1, wire.bytes));
  writer.raw(magic);
  return writer.take();
}

/** What stands in front of a part of known length in a repeated field: its tag and the length. */
export function partHead(number: number, length: number): Buffer {
  writer.integer(length);
  writer.integer(tagOf(number, wire.bytes));
  return writer.take();
}
