import type { Kind } from '../../apimachinery/kind.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { kindPrefix } from './registry.ts';

/** Selectable fields that are asked for so often that the store keeps an index of them, for every kind that has them. */
export const indexedFields: ReadonlySet<string> = new Set(['spec.nodeName', 'involvedObject.uid']);

/** An index of the store, named after its field. */
export interface StorageIndex {
  readonly prefix: string;
  readonly name: string;
  value(object: KubeObject): string | undefined;
}

/** The indexes that a store for these kinds should keep. */
export function storageIndexes(kinds: readonly Kind[]): StorageIndex[] {
  const stored = kinds.filter((kind) => !kind.conversion);
  return stored.flatMap((kind) =>
    Object.entries(kind.selectableFields)
      .filter(([field]) => indexedFields.has(field))
      .map(([field, read]) => ({ prefix: kindPrefix(kind), name: field, value: read })),
  );
}
