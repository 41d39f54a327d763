import type { Conversion, Kind } from '../../apimachinery/kind.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { Entry, Storage, StorageEvent, Update } from '../../storage/storage.ts';

/** The part of a store that the verbs of the registry use. */
export type ObjectStorage = Pick<Storage, 'get' | 'list' | 'create' | 'update' | 'watch'>;

const views = new WeakMap<Storage, Map<Conversion<any>, ObjectStorage>>();

/** The store as seen by `kind`: in its own version, also where another version of it is what is stored. */
export function storageFor(storage: Storage, { conversion }: Kind): ObjectStorage {
  if (!conversion) return storage;
  let byConversion = views.get(storage);
  if (!byConversion) views.set(storage, (byConversion = new Map()));
  let view = byConversion.get(conversion);
  if (!view) byConversion.set(conversion, (view = convertingStorage(storage, conversion)));
  return view;
}

/** A view of `storage` in which every object is of the other version. Entries and events keep their identity. */
function convertingStorage(storage: Storage, conversion: Conversion): ObjectStorage {
  const entries = new WeakMap<Entry, Entry>();
  const events = new WeakMap<StorageEvent, StorageEvent>();
  const entryOf = (stored: Entry): Entry => {
    let entry = entries.get(stored);
    if (!entry) entries.set(stored, (entry = new ConvertedEntry(stored, conversion)));
    return entry;
  };
  const eventOf = (stored: StorageEvent): StorageEvent => {
    let event = events.get(stored);
    if (event) return event;
    const previous = stored.previous && entryOf(stored.previous);
    events.set(stored, (event = { ...stored, entry: entryOf(stored.entry), previous }));
    return event;
  };
  const toStored = (update: Update): Update =>
    typeof update === 'string' ? update : { ...update, store: conversion.toStored(update.store) };
  return {
    async get(key, freshness) {
      const stored = await storage.get(key, freshness);
      return stored && entryOf(stored);
    },
    async list(prefix, options = {}) {
      const { index: _ofTheStoredVersion, match, ...rest } = options;
      const test = match && ((object: KubeObject) => match(conversion.fromStored(object)));
      const result = await storage.list(prefix, { ...rest, ...(test && { match: test }) });
      return { ...result, entries: result.entries.map(entryOf), kept: false };
    },
    create: async (key, object, ttl) => entryOf(await storage.create(key, conversion.toStored(object), ttl)),
    update: async (key, change) =>
      entryOf(await storage.update(key, async (current) => toStored(await change(entryOf(current))))),
    watch: (prefix, options) =>
      storage.watch(prefix, {
        ...(options.after !== undefined && { after: options.after }),
        signal: options.signal,
        onEvent: (event) => options.onEvent(eventOf(event)),
        ...(options.onProgress && { onProgress: (revision: number) => options.onProgress!(revision) }),
        onClose: (error) => options.onClose(error),
      }),
  };
}

class ConvertedEntry implements Entry {
  readonly key: string;
  readonly revision: number;
  readonly object: KubeObject;
  #bytes: Buffer | undefined;

  constructor(stored: Entry, conversion: Conversion) {
    this.key = stored.key;
    this.revision = stored.revision;
    this.object = conversion.fromStored(stored.object);
  }

  get bytes(): Buffer {
    return (this.#bytes ??= Buffer.from(JSON.stringify(this.object)));
  }
}
