import { ApiError, badRequest } from '../../apimachinery/api-error.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import { apiVersionOf, type KubeObject } from '../../apimachinery/object.ts';
import type { Clock } from '../../base/clock.ts';
import type { Entry, ListResult } from '../../storage/storage.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { negotiate, wantsPretty, type Negotiated } from '../handlers/negotiate.ts';
import { headersFor } from '../handlers/respond.ts';
import { sendBody, sendParts } from './compression.ts';
import { jsonList, prettyList, writeJson, writeList, writePretty, writeYaml, yamlList } from './list-text.ts';
import type { ListText, WriteDocument } from './list-text.ts';
import { entryDocument, listDocument, objectDocument, partialListDocument } from './protobuf.ts';
import { partialMetadata } from './partial-metadata.ts';
import { tableHead, tableRow, toTable, type RowOptions } from './table.ts';

const comma = 0x2c;
const openBrace = 0x7b;

/** Sends one stored object in the form the client asks for. */
export function sendEntry(
  exchange: Exchange,
  kind: Kind,
  entry: Entry,
  clock: Clock,
  status = 200,
): void | Promise<void> {
  const accepted = negotiate(exchange.request.headers.accept, kind.definition);
  return send(exchange, status, accepted, entryBody(exchange, kind, entry, accepted, clock));
}

function entryBody(exchange: Exchange, kind: Kind, entry: Entry, accepted: Negotiated, clock: Clock): Buffer {
  if (accepted.form === 'object') {
    if (accepted.protobuf) return entryDocument(kind, entry);
    const write = writerFor(exchange, accepted);
    return write === writeJson ? entry.bytes : Buffer.from(write(entry.object));
  }
  const object = objectForm(exchange, kind, entry.object, accepted, clock);
  return (accepted.protobuf && objectDocument(object)) || Buffer.from(writerFor(exchange, accepted)(object));
}

function objectForm(exchange: Exchange, kind: Kind, object: KubeObject, accepted: Negotiated, clock: Clock): object {
  if (accepted.form === 'partial') return partialMetadata(object, accepted.version);
  if (accepted.form === 'table') {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    return toTable(kind, [object], tableOptions(exchange, accepted, clock), metadata);
  }
  throw wrongForm(`PartialObjectMetadataList, but the requested object is not a list (${goType(kind)})`);
}

/** Sends a list in the form the client asks for. The objects' own bytes are put together as they are. */
export function sendList(exchange: Exchange, kind: Kind, result: ListResult, clock: Clock): void | Promise<void> {
  const accepted = negotiate(exchange.request.headers.accept, kind.definition);
  const metadata = {
    resourceVersion: String(result.revision),
    ...(result.continue && { continue: result.continue }),
    ...(result.remaining && { remainingItemCount: result.remaining }),
  };
  if (accepted.form === 'object' && writerFor(exchange, accepted) === writeJson && !accepted.protobuf) {
    const head = listHead(kind, metadata);
    return sendParts(exchange, 200, headersFor(exchange, accepted.contentType), [head, listItems(kind, result)]);
  }
  return sendMadeList(exchange, kind, result.entries, metadata, accepted, clock);
}

async function sendMadeList(
  exchange: Exchange,
  kind: Kind,
  entries: readonly Entry[],
  metadata: object,
  accepted: Negotiated,
  clock: Clock,
): Promise<void> {
  const body = await listBody(exchange, kind, entries, metadata, accepted, clock);
  return send(exchange, 200, accepted, body);
}

async function listBody(
  exchange: Exchange,
  kind: Kind,
  entries: readonly Entry[],
  metadata: object,
  accepted: Negotiated,
  clock: Clock,
): Promise<Buffer> {
  const text = listTextFor(exchange, accepted);
  const { version } = accepted;
  switch (accepted.form) {
    case 'table': {
      const options = tableOptions(exchange, accepted, clock);
      const row = ({ object }: Entry) => tableRow(kind, object, options);
      return writeList(text, tableHead(kind, version, metadata), 'rows', entries, row);
    }
    case 'partial-list': {
      if (accepted.protobuf) return partialListDocument(version, metadata, entries);
      const head = { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${version}`, metadata };
      const item = ({ object }: Entry) => partialMetadata(object, version);
      return writeList(text, head, 'items', entries, item);
    }
    case 'object': {
      if (accepted.protobuf) return listDocument(kind, metadata, entries);
      const head = { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata };
      return writeList(text, head, 'items', entries, ({ object: { apiVersion: _v, kind: _k, ...item } }) => item);
    }
    default:
      throw wrongForm(`PartialObjectMetadata, but the requested object is a list (${goType(kind)}List)`);
  }
}

/** Upstream names its own types here. */
function goType({ group, kind }: Kind): string {
  return `*${group.split('.')[0] || 'core'}.${kind}`;
}

function wrongForm(what: string): ApiError {
  return new ApiError(406, 'NotAcceptable', `you requested ${what}`);
}

/** `{"kind":...,"items":[`. */
function listHead(kind: Kind, metadata: object): Buffer {
  const head = { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata, items: [] };
  return Buffer.from(JSON.stringify(head).slice(0, -2));
}

/** What was made of lists that come again. */
const keptItems = new WeakMap<readonly Entry[], { readonly kind: Kind; readonly items: Buffer }>();

/** What follows the head. */
function listItems(kind: Kind, { entries, kept }: ListResult): Buffer {
  if (!kept) return concatItems(kind, entries);
  const known = keptItems.get(entries);
  if (known?.kind === kind) return known.items;
  const items = concatItems(kind, entries);
  keptItems.set(entries, { kind, items });
  return items;
}

/**
 * `<bytes>,<bytes>]}` with one copy of each object's bytes and no encoding. Items do not name their type, as upstream's do
 * not: the list says it.
 */
function concatItems(kind: Kind, entries: readonly Entry[]): Buffer {
  const type = Buffer.from(`${JSON.stringify({ apiVersion: apiVersionOf(kind), kind: kind.kind }).slice(0, -1)},`);
  let size = 2;
  for (const { bytes } of entries) size += bytes.length + 1;
  const list = Buffer.allocUnsafe(size);
  let at = 0;
  for (let i = 0; i < entries.length; i++) {
    const { bytes } = entries[i]!;
    if (i > 0) list[at++] = comma;
    if (startsWith(bytes, type)) {
      list[at++] = openBrace;
      at += bytes.copy(list, at, type.length);
    } else {
      at += bytes.copy(list, at);
    }
  }
  at += list.write(']}', at);
  return list.subarray(0, at);
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[i] !== start[i]) return false;
  return true;
}

/** How rows are to be made. @throws ApiError BadRequest for an unknown `includeObject` */
export function tableOptions(exchange: Exchange, accepted: Negotiated, clock: Clock): RowOptions {
  const include = exchange.query.get('includeObject') || 'Metadata';
  if (include !== 'None' && include !== 'Metadata' && include !== 'Object') {
    const fault = `includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`;
    throw badRequest(`Unable to convert to Table as requested: ${fault}`);
  }
  return { now: clock.now(), include, version: accepted.version };
}

function writerFor(exchange: Exchange, accepted: Negotiated): WriteDocument {
  if (accepted.yaml) return writeYaml;
  return wantsPretty(exchange, accepted) ? writePretty : writeJson;
}

function listTextFor(exchange: Exchange, accepted: Negotiated): ListText {
  if (accepted.yaml) return yamlList;
  return wantsPretty(exchange, accepted) ? prettyList : jsonList;
}

function send(exchange: Exchange, status: number, { contentType }: Negotiated, body: Buffer): void | Promise<void> {
  return sendBody(exchange, status, headersFor(exchange, contentType), body);
}
