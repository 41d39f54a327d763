import type { Kind } from '../../apimachinery/kind.ts';
import { apiVersionOf, type KubeObject } from '../../apimachinery/object.ts';
import { metadataBytes } from '../../storage/entry.ts';
import type { Entry, StorageEvent } from '../../storage/storage.ts';
import { entryDocument, objectDocument, watchFrame } from '../output/protobuf.ts';

export type FrameType = 'ADDED' | 'MODIFIED' | 'DELETED';

const newline = Buffer.from('}\n');
const metadataEnd = Buffer.from('}}\n');
const heads: Readonly<Record<FrameType, Buffer>> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};

/** How many events' frames are kept: watchers of a kind are told of an event one right after the other. */
const kept = 256;

/** Makes the bytes of watch events: each once, however many watchers send it. */
export interface FrameEncoder {
  /** What is there already. */
  initial(entry: Entry): Buffer;
  /** A change; `object` is its object, or the state before for an object that left the selection. */
  event(event: StorageEvent, type: FrameType, gone: boolean): Buffer;
  /** The revision the watch has come to. */
  bookmark(revision: number, initialEventsEnd: boolean): Buffer;
}

/** Makes one event of a watch. */
export type EncodeFrame = (type: string, object: object) => Buffer;

type Frames = Map<string, Buffer>;
const recent = new Map<StorageEvent, Frames>();

/** Frames with the objects themselves, shared among all watchers. */
export function objectFrames(kind: Kind): FrameEncoder {
  return {
    initial: (entry) => frame('ADDED', entry.bytes),
    event: (event, type, gone) =>
      shared(event, gone ? 'gone' : type, () => frame(type, gone ? lastSeen(event) : event.entry.bytes)),
    bookmark: (revision, end) => eventFrame('BOOKMARK', bookmark(kind, revision, end)),
  };
}

/** The same as protobuf. */
export function protobufFrames(kind: Kind): FrameEncoder {
  const make = (type: FrameType, entry: Entry) => watchFrame(type, entryDocument(kind, entry));
  return {
    initial: (entry) => make('ADDED', entry),
    event: (event, type, gone) =>
      shared(event, `protobuf ${kind.definition} ${gone ? 'gone' : type}`, () =>
        gone ? protobufFrame(type, stateBefore(event)) : make(type, event.entry),
      ),
    bookmark: (revision, end) => protobufFrame('BOOKMARK', bookmark(kind, revision, end)),
  };
}

function bookmark(kind: Kind, revision: number, initialEventsEnd: boolean): object {
  return { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: bookmarkMetadata(revision, initialEventsEnd) };
}

/** Frames whose objects `convert` makes for this one watcher. */
export function convertedFrames(
  convert: (object: KubeObject) => object,
  bookmark: (metadata: object) => object,
  encode: EncodeFrame = eventFrame,
): FrameEncoder {
  return {
    initial: (entry) => encode('ADDED', convert(entry.object)),
    event: (event, type, gone) => encode(type, convert(gone ? stateBefore(event) : event.entry.object)),
    bookmark: (revision, end) => encode('BOOKMARK', bookmark(bookmarkMetadata(revision, end))),
  };
}

/** The metadata alone, cut from the objects' own bytes; shared among all watchers. `slow` makes what cannot be cut. */
export function metadataFrames(version: string, slow: FrameEncoder): FrameEncoder {
  const start = `"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${version}","metadata":`;
  const cut = (type: FrameType, { bytes }: Entry): Buffer | undefined => {
    const metadata = metadataBytes(bytes);
    return metadata && Buffer.concat([Buffer.from(`{"type":"${type}",${start}`), metadata, metadataEnd]);
  };
  return sharedFrames(`partial ${version}`, {
    initial: (entry) => cut('ADDED', entry) ?? slow.initial(entry),
    event: (event, type, gone) => (gone ? undefined : cut(type, event.entry)) ?? slow.event(event, type, gone),
    bookmark: (revision, end) => slow.bookmark(revision, end),
  });
}

/** The same frames for every watcher that takes them in the form that `form` names: changes are made into frames once. */
export function sharedFrames(form: string, encoder: FrameEncoder): FrameEncoder {
  return {
    ...encoder,
    event: (event, type, gone) =>
      shared(event, `${form} ${gone ? 'gone' : type}`, () => encoder.event(event, type, gone)),
  };
}

/** One line of a watch. */
export function eventFrame(type: string, object: object): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}

/** One event as protobuf. @throws Error when the object's type has no protobuf form, which the negotiation has ruled out */
export function protobufFrame(type: string, object: object): Buffer {
  const document = objectDocument(object);
  if (!document) throw new Error('an object without a protobuf form cannot be sent as protobuf');
  return watchFrame(type, document);
}

function frame(type: FrameType, bytes: Buffer): Buffer {
  return Buffer.concat([heads[type], bytes, newline]);
}

function shared(event: StorageEvent, type: string, make: () => Buffer): Buffer {
  let frames = recent.get(event);
  if (!frames) {
    frames = new Map();
    if (recent.size >= kept) recent.delete(recent.keys().next().value!);
    recent.set(event, frames);
  }
  let bytes = frames.get(type);
  if (!bytes) frames.set(type, (bytes = make()));
  return bytes;
}

/** For an object that left the selection: what the watcher knew, at the version of the change. */
function stateBefore({ previous, entry, revision }: StorageEvent): KubeObject {
  const { object } = previous ?? entry;
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

function lastSeen(event: StorageEvent): Buffer {
  return Buffer.from(JSON.stringify(stateBefore(event)));
}

function bookmarkMetadata(revision: number, initialEventsEnd: boolean): object {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  return { resourceVersion: String(revision), creationTimestamp: null, ...(initialEventsEnd && { annotations }) };
}
