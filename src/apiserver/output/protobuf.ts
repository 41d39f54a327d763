import { definitionOf, protobuf } from '../../api/protobuf.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import { apiVersionOf } from '../../apimachinery/object.ts';
import { partHead, sealEnvelope } from '../../apimachinery/protobuf/envelope.ts';
import type { Entry } from '../../storage/storage.ts';
import { inSlices } from './list-text.ts';

/** Objects of a list that are encoded at a time. */
const slice = 500;

/** What was made of entries, for as long as somebody holds them: clients that use protobuf list and watch everything. */
const messages = new WeakMap<Entry, { readonly definition: string; readonly message: Buffer }>();

/** An entry's message without envelope. The kind must be a built-in one. */
function messageOf({ definition }: Kind, entry: Entry): Buffer {
  const known = messages.get(entry);
  if (known?.definition === definition) return known.message;
  const message = protobuf().encode(definition, entry.object);
  messages.set(entry, { definition, message });
  return message;
}

/** A stored object of a built-in kind as a protobuf document. */
export function entryDocument(kind: Kind, entry: Entry): Buffer {
  return sealEnvelope(apiVersionOf(kind), kind.kind, [messageOf(kind, entry)]);
}

/** A list of stored objects of a built-in kind as a protobuf document. */
export function listDocument(kind: Kind, metadata: object, entries: readonly Entry[]): Promise<Buffer> {
  const type = { apiVersion: apiVersionOf(kind), kind: `${kind.kind}List` };
  return sealList(type, metadata, entries, (entry) => messageOf(kind, entry));
}

/** The same of their metadata alone. `version` is that of meta.k8s.io. */
export function partialListDocument(version: string, metadata: object, entries: readonly Entry[]): Promise<Buffer> {
  const type = { apiVersion: `meta.k8s.io/${version}`, kind: 'PartialObjectMetadataList' };
  const definition = definitionOf(type.apiVersion, 'PartialObjectMetadata')!;
  return sealList(type, metadata, entries, ({ object }) =>
    protobuf().encode(definition, { metadata: object.metadata }),
  );
}

/** Others get their turn while a long list is made. */
async function sealList(
  type: { apiVersion: string; kind: string },
  metadata: object,
  entries: readonly Entry[],
  message: (entry: Entry) => Buffer,
): Promise<Buffer> {
  const listMeta = protobuf().encode('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta', metadata);
  const parts = [partHead(1, listMeta.length), listMeta];
  await inSlices(entries.length, slice, (from, to) => {
    for (let i = from; i < to; i++) {
      const item = message(entries[i]!);
      parts.push(partHead(2, item.length), item);
    }
  });
  return sealEnvelope(type.apiVersion, type.kind, parts);
}

/** Any object as a protobuf document; undefined when its type has no protobuf form. */
export function objectDocument(object: object): Buffer | undefined {
  const { apiVersion = '', kind = '' } = object as { apiVersion?: string; kind?: string };
  const definition = definitionOf(apiVersion, kind);
  if (!definition || !protobuf().knows(definition)) return undefined;
  return sealEnvelope(apiVersion, kind, [protobuf().encode(definition, object)]);
}

/** One event of a watch: the length of the rest in four bytes, then a `WatchEvent` around the object's document. */
export function watchFrame(type: string, document: Buffer): Buffer {
  const head = Buffer.from(type);
  const raw = partHead(1, document.length);
  const parts = [partHead(1, head.length), head, partHead(2, raw.length + document.length), raw, document];
  const length = Buffer.alloc(4);
  length.writeUInt32BE(parts.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([length, ...parts]);
}
