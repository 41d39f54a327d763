import type { KubeObject } from '../apimachinery/object.ts';
import type { Entry } from './storage.ts';

const METADATA = Buffer.from('"metadata":{');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
/** Longer than the names of any type, in bytes. */
const LONGEST_HEAD = 1024;
/** What `encodeStored` writes before the fields of the metadata. */
const HEAD = /^\{"apiVersion":"[^"\\]*","kind":"[^"\\]*","metadata":\{$/;

/**
 * The stored form of an object: its JSON without `metadata.resourceVersion`, beginning with `apiVersion`, `kind` and
 * `metadata`, so that the resourceVersion can be put in at a place that is found without parsing.
 */
export function encodeStored(object: KubeObject): Buffer {
  const { apiVersion, kind, metadata, ...rest } = object;
  const { resourceVersion: _, ...meta } = metadata;
  return Buffer.from(JSON.stringify({ apiVersion, kind, metadata: meta, ...rest }));
}

/**
 * An entry made of its stored bytes. `bytes` is made once and then takes the place of the stored form. The parsed
 * object is held weakly: a list with a selector parses thousands of objects, and keeping them would cost several times
 * the memory of the bytes. It lives at least as long as somebody uses it.
 */
export class StoredEntry implements Entry {
  readonly key: string;
  readonly revision: number;
  /** The length of the stored form. */
  readonly size: number;
  #stored: Buffer | undefined;
  #bytes: Buffer | undefined;
  #object: WeakRef<KubeObject> | undefined;

  /**
   * @param stored what `encodeStored` returned; it may be a view of a larger buffer, which is let go with `bytes`
   * @param object what parsing would show, where that is known already
   */
  constructor(key: string, revision: number, stored: Buffer, object?: KubeObject) {
    this.key = key;
    this.revision = revision;
    this.size = stored.length;
    this.#stored = stored;
    if (object) this.#object = new WeakRef(object);
  }

  get bytes(): Buffer {
    if (!this.#bytes) {
      this.#bytes = withRevision(this.#stored!, this.revision);
      this.#stored = undefined;
    }
    return this.#bytes;
  }

  get object(): KubeObject {
    let object = this.#object?.deref();
    if (!object) {
      object = JSON.parse(this.bytes.toString()) as KubeObject;
      this.#object = new WeakRef(object);
    }
    return object;
  }

  /** The stored form of the same state. */
  get stored(): Buffer {
    return this.#stored ?? withoutRevision(this.#bytes!, this.revision);
  }

  /** The same state under another revision: the entry of a delete. */
  at(revision: number): StoredEntry {
    return new StoredEntry(this.key, revision, this.stored);
  }
}

/**
 * The metadata within the bytes of an object as this server encodes it, so that who wants no more need not parse it;
 * undefined for bytes of another form.
 */
export function metadataBytes(bytes: Buffer): Buffer | undefined {
  const start = bytes.indexOf(METADATA) + METADATA.length - 1;
  if (start > LONGEST_HEAD || !HEAD.test(bytes.toString('latin1', 0, start + 1))) return undefined;
  const end = endOfObject(bytes, start);
  return end === undefined ? undefined : bytes.subarray(start, end);
}

/** Where the object that begins at `start` ends. */
function endOfObject(bytes: Buffer, start: number): number | undefined {
  let depth = 0;
  for (let i = start; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      for (i++; bytes[i] !== QUOTE && i < bytes.length; i++) if (bytes[i] === BACKSLASH) i++;
    } else if (byte === OPENING_BRACE) depth++;
    else if (byte === CLOSING_BRACE && --depth === 0) return i + 1;
  }
  return undefined;
}

/** The last state of a key, under the revision of its delete. */
export function deletedEntry(last: Entry, revision: number): Entry {
  const entry =
    last instanceof StoredEntry ? last : new StoredEntry(last.key, last.revision, encodeStored(last.object));
  return entry.at(revision);
}

/** Puts the resourceVersion in; only bytes that somebody else encoded are parsed. */
function withRevision(stored: Buffer, revision: number): Buffer {
  const at = stored.indexOf(METADATA) + METADATA.length;
  if (!HEAD.test(stored.toString('latin1', 0, at))) return reencoded(stored, revision);
  const field = `"resourceVersion":"${revision}"${stored[at] === CLOSING_BRACE ? '' : ','}`;
  // Memory of its own: a slice of Node's shared pool would keep alive whatever else was allocated around it.
  const bytes = Buffer.allocUnsafeSlow(stored.length + field.length);
  stored.copy(bytes, 0, 0, at);
  bytes.write(field, at, 'latin1');
  stored.copy(bytes, at + field.length, at);
  return bytes;
}

function reencoded(stored: Buffer, revision: number): Buffer {
  const object = JSON.parse(stored.toString()) as KubeObject;
  return Buffer.from(
    JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }),
  );
}

/** The inverse of `withRevision`. */
function withoutRevision(bytes: Buffer, revision: number): Buffer {
  const at = bytes.indexOf(METADATA) + METADATA.length;
  const field = `"resourceVersion":"${revision}"`;
  if (bytes.toString('latin1', at, at + field.length) !== field) return encodeStored(JSON.parse(bytes.toString()));
  const comma = bytes[at + field.length] === CLOSING_BRACE ? 0 : 1;
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + field.length + comma)]);
}
