import { stringify } from 'yaml';
import { badRequest, notAcceptable } from '../../apimachinery/api-error.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import { apiVersionOf, type KubeObject } from '../../apimachinery/object.ts';
import type { Clock } from '../../base/clock.ts';
import type { Entry, ListResult } from '../../storage/storage.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { negotiate, type Negotiated } from '../handlers/negotiate.ts';
import { headersFor } from '../handlers/respond.ts';
import { entryDocument, listDocument, objectDocument } from './protobuf.ts';
import { partialMetadata } from './partial-metadata.ts';
import { toTable, type IncludeObject } from './table.ts';

const comma = Buffer.from(',');
const openBrace = Buffer.from('{');
const nextBrace = Buffer.from(',{');
const listEnd = Buffer.from(']}');

/** Sends one stored object in the form the client asks for. */
export function sendEntry(exchange: Exchange, kind: Kind, entry: Entry, clock: Clock, status = 200): void {
  const accepted = negotiate(exchange.request.headers.accept, kind.definition);
  if (accepted.form === 'object' && accepted.protobuf)
    return send(exchange, status, accepted, entryDocument(kind, entry));
  if (accepted.form === 'object' && !accepted.yaml) return send(exchange, status, accepted, entry.bytes);
  send(exchange, status, accepted, encode(objectForm(exchange, kind, entry.object, accepted, clock), accepted));
}

function objectForm(exchange: Exchange, kind: Kind, object: KubeObject, accepted: Negotiated, clock: Clock): object {
  switch (accepted.form) {
    case 'object':
      return object;
    case 'partial':
      return partialMetadata(object, accepted.version);
    case 'table': {
      const metadata = { resourceVersion: object.metadata.resourceVersion };
      return toTable(kind, [object], { ...tableOptions(exchange, accepted, clock), metadata, withColumns: true });
    }
    default:
      throw notAcceptable(['application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io']);
  }
}

/** Sends a list in the form the client asks for. The objects' own bytes are put together as they are. */
export function sendList(exchange: Exchange, kind: Kind, result: ListResult, clock: Clock): void {
  const accepted = negotiate(exchange.request.headers.accept, kind.definition);
  const metadata = {
    resourceVersion: String(result.revision),
    ...(result.continue && { continue: result.continue }),
    ...(result.remaining && { remainingItemCount: result.remaining }),
  };
  send(exchange, 200, accepted, listBody(exchange, kind, result.entries, metadata, accepted, clock));
}

function listBody(
  exchange: Exchange,
  kind: Kind,
  entries: readonly Entry[],
  metadata: object,
  accepted: Negotiated,
  clock: Clock,
): Buffer {
  if (accepted.form === 'table') {
    const objects = entries.map((e) => e.object);
    const table = toTable(kind, objects, { ...tableOptions(exchange, accepted, clock), metadata, withColumns: true });
    return Buffer.from(JSON.stringify(table));
  }
  if (accepted.form === 'object' && accepted.protobuf) return listDocument(kind, metadata, entries);
  if (accepted.form === 'object') return concatList(kind, metadata, entries);
  if (accepted.form === 'partial')
    throw notAcceptable(['application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io']);
  const items = entries.map((e) => partialMetadata(e.object, accepted.version));
  const apiVersion = `meta.k8s.io/${accepted.version}`;
  return encode({ kind: 'PartialObjectMetadataList', apiVersion, metadata, items }, accepted);
}

/**
 * `{"kind":...,"items":[<bytes>,<bytes>]}` with one copy of each object's bytes and no encoding. Items of built-in kinds
 * do not name their type, as upstream's do not: the list says it.
 */
function concatList(kind: Kind, metadata: object, entries: readonly Entry[]): Buffer {
  const apiVersion = apiVersionOf(kind);
  const head = JSON.stringify({ kind: `${kind.kind}List`, apiVersion, metadata, items: [] });
  const type = Buffer.from(`${JSON.stringify({ apiVersion, kind: kind.kind }).slice(0, -1)},`);
  const parts: Buffer[] = [Buffer.from(head.slice(0, -2))];
  for (let i = 0; i < entries.length; i++) {
    const { bytes } = entries[i]!;
    if (bytes.compare(type, 0, type.length, 0, type.length) === 0) {
      parts.push(i > 0 ? nextBrace : openBrace, bytes.subarray(type.length));
    } else {
      if (i > 0) parts.push(comma);
      parts.push(bytes);
    }
  }
  parts.push(listEnd);
  return Buffer.concat(parts);
}

/** How rows are to be made. @throws ApiError BadRequest for an unknown `includeObject` */
export function tableOptions(
  exchange: Exchange,
  accepted: Negotiated,
  clock: Clock,
): { now: number; include: IncludeObject; version: string } {
  const include = exchange.query.get('includeObject') || 'Metadata';
  if (include !== 'None' && include !== 'Metadata' && include !== 'Object') {
    const fault = `includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`;
    throw badRequest(`Unable to convert to Table as requested: ${fault}`);
  }
  return { now: clock.now(), include, version: accepted.version };
}

/** What is not stored as it is sent. */
function encode(object: object, accepted: Negotiated): Buffer {
  return (accepted.protobuf && objectDocument(object)) || Buffer.from(JSON.stringify(object));
}

function send(exchange: Exchange, status: number, accepted: Negotiated, encoded: Buffer): void {
  const body = accepted.protobuf
    ? encoded
    : accepted.yaml
      ? asYaml(encoded)
      : exchange.flag('pretty')
        ? pretty(encoded)
        : encoded;
  exchange.response.send(status, headersFor(exchange, accepted.contentType), body);
}

function asYaml(json: Buffer): Buffer {
  return Buffer.from(stringify(JSON.parse(json.toString('utf8')), { aliasDuplicateObjects: false, version: '1.1' }));
}

function pretty(json: Buffer): Buffer {
  return Buffer.from(`${JSON.stringify(JSON.parse(json.toString('utf8')), undefined, 2)}\n`);
}
