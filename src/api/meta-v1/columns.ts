import type { KubeObject } from '../../apimachinery/object.ts';
import type { Column } from '../../apimachinery/table.ts';
import { age } from '../../apimachinery/time.ts';

type Cell = string | number | boolean | null;

/** A column of text, always shown. */
export function column<T extends KubeObject>(name: string, value: (object: T, now: number) => Cell): Column<T> {
  return { name, type: 'string', priority: 0, value };
}

/** A column of whole numbers, always shown. */
export function numberColumn<T extends KubeObject>(name: string, value: (object: T) => number): Column<T> {
  return { name, type: 'integer', priority: 0, value };
}

/** A column of yes and no, always shown. */
export function booleanColumn<T extends KubeObject>(name: string, value: (object: T) => Cell): Column<T> {
  return { name, type: 'boolean', priority: 0, value };
}

/** A column of text that only `-o wide` shows. */
export function wideColumn<T extends KubeObject>(name: string, value: (object: T, now: number) => Cell): Column<T> {
  return { name, type: 'string', priority: 1, value };
}

/** The first column of nearly every kind. */
export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  description: 'The name, unique among the objects of this kind in its namespace.',
  value: (object) => object.metadata.name,
};

/** How long ago the object was created. */
export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  priority: 0,
  description: 'How long ago the object was created.',
  value: (object, now) => age(object.metadata.creationTimestamp, now),
};

/** The time of creation itself, which a few kinds show instead of an age. */
export const createdAtColumn: Column = {
  name: 'Created At',
  type: 'date',
  priority: 0,
  description: 'When the object was created.',
  value: (object) => object.metadata.creationTimestamp,
};

/** `<none>` for nothing, else the items with commas between. */
export function listOrNone(items: readonly string[] | undefined): string {
  return items?.length ? items.join(',') : '<none>';
}

/** `a=b,c=d` in the order of the keys, or `<none>`. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return listOrNone(pairs.map(([key, value]) => `${key}=${value}`));
}
