import type { Json } from '../object.ts';
import { equalJson, isJsonObject, type JsonObject } from '../json-value.ts';
import { appeared } from './all-fields.ts';
import { EMPTY, LEAF, union, type FieldSet } from './field-set.ts';
import { itemsByElement } from './list-items.ts';
import { fieldElement } from './path-element.ts';
import { fieldOf, typeFor, type ApplyType, type Field, type ListType, type MapType } from './types.ts';

/** What is different between two objects. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** The same for one place: nodes instead of sets, absent where nothing of the sort happened. */
interface Difference {
  added?: Building;
  modified?: Building;
  removed?: Building;
}

type Building = { [element: string]: FieldSet };

const sorts = ['added', 'modified', 'removed'] as const;
const nobody: ReadonlySet<string> = new Set();
const nothing: JsonObject = {};
const noItems: Map<string, Json[]> = new Map();

/**
 * Compares two objects of one type by their fields: the order of items in lists with keys does not count. `skip` names
 * fields of the object that are left out.
 */
export function compare(old: object, updated: object, type: MapType, skip: ReadonlySet<string> = nobody): Comparison {
  const found = compareFields(old as JsonObject, updated as JsonObject, type, skip);
  return { added: found?.added ?? EMPTY, modified: found?.modified ?? EMPTY, removed: found?.removed ?? EMPTY };
}

/** The fields that the writer of a change has set. */
export function changedFields({ added, modified }: Comparison): FieldSet {
  return union(added, modified);
}

function compareFields(
  old: JsonObject,
  updated: JsonObject,
  type: MapType,
  skip: ReadonlySet<string>,
): Difference | undefined {
  let found: Difference | undefined;
  for (const name in old) {
    const field = fieldOf(type, name);
    if (field?.unowned || skip.has(name)) continue;
    found = add(found, fieldElement(name), compareAt(own(old, name), own(updated, name), field));
  }
  for (const name in updated) {
    const field = fieldOf(type, name);
    if (field?.unowned || own(old, name) !== undefined || skip.has(name)) continue;
    found = add(found, fieldElement(name), compareAt(undefined, own(updated, name), field));
  }
  return found;
}

function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Puts the difference of a child into that of its parent. */
function add(parent: Difference | undefined, element: string, child: Difference | undefined): Difference | undefined {
  if (!child) return parent;
  const result = parent ?? {};
  for (const sort of sorts) {
    if (child[sort]) (result[sort] ??= {})[element] = child[sort];
  }
  return result;
}

function compareAt(old: Json | undefined, updated: Json | undefined, field: Field | undefined): Difference | undefined {
  if (old === updated) return undefined;
  if (!field) return compareValues(old, updated);
  const absent = field.implied ? nothing : field.nullable ? null : undefined;
  if (isNothing(old, field.type) && isNothing(updated, field.type)) return undefined;
  return compareNodes(old === undefined ? absent : old, updated === undefined ? absent : updated, field.type);
}

/** An empty list, or an empty map of the users' own keys, is stored as none at all. */
function isNothing(value: Json | undefined, type: ApplyType): boolean {
  if (value === undefined) return true;
  if (Array.isArray(value)) return type.sort === 'list' && value.length === 0;
  return isJsonObject(value) && type.sort === 'map' && type.fields.size === 0 && isVoid(value);
}

function compareNodes(old: Json | undefined, updated: Json | undefined, declared: ApplyType): Difference | undefined {
  if (old === updated) return undefined;
  if (old === undefined) return { added: appeared(updated!, declared) };
  if (updated === undefined) return { removed: appeared(old, declared) };
  const type = typeFor(declared, updated === null ? old : updated);
  if (declared.sort === 'any' && isOther(old, updated, declared)) return replaced(old, updated, declared);
  if (type.sort === 'map' && !type.atomic) return compareMaps(old, updated, type);
  if (type.sort === 'list' && type.merge !== 'atomic') return compareLists(old, updated, type);
  return compareValues(old, updated);
}

/** Whether two untyped values are of different sorts, as an object and a string are. */
function isOther(old: Json, updated: Json, declared: ApplyType): boolean {
  return old !== null && updated !== null && typeFor(declared, old).sort !== typeFor(declared, updated).sort;
}

function replaced(old: Json, updated: Json, declared: ApplyType): Difference {
  return { added: appeared(updated, declared), modified: LEAF, removed: appeared(old, declared) };
}

function compareValues(old: Json | undefined, updated: Json | undefined): Difference | undefined {
  if (old === undefined) return { added: LEAF };
  if (updated === undefined) return { removed: LEAF };
  return equalJson(old, updated) ? undefined : { modified: LEAF };
}

function compareMaps(old: Json, updated: Json, type: MapType): Difference | undefined {
  const [left, right] = [isJsonObject(old) ? old : undefined, isJsonObject(updated) ? updated : undefined];
  if (isVoid(left) && isVoid(right)) return compareValues(old, updated);
  const found = compareFields(left ?? nothing, right ?? nothing, type, nobody);
  return sameSort(old, left) && sameSort(updated, right) ? found : alsoModified(found);
}

/** Whether the value is of the sort that the type says, or null, which fits all. */
function sameSort(value: Json, fitting: unknown): boolean {
  return fitting !== undefined || value === null;
}

function alsoModified(found: Difference | undefined): Difference {
  return { ...found, modified: found?.modified ?? LEAF };
}

function isVoid(object: JsonObject | undefined): boolean {
  for (const _ in object) return false;
  return true;
}

function compareLists(old: Json, updated: Json, type: ListType): Difference | undefined {
  const [left, right] = [Array.isArray(old) ? old : undefined, Array.isArray(updated) ? updated : undefined];
  if (!left?.length && !right?.length) return compareValues(old, updated);
  const before = left ? itemsByElement(type, left) : noItems;
  const after = right ? itemsByElement(type, right) : noItems;
  let found: Difference | undefined;
  for (const [element, items] of before) {
    found = add(found, element, compareItems(items, after.get(element), type.item));
  }
  for (const [element, items] of after) {
    if (!before.has(element)) found = add(found, element, compareItems(undefined, items, type.item));
  }
  return sameSort(old, left) && sameSort(updated, right) ? found : alsoModified(found);
}

/** Items that share their keys are compared as one value. */
function compareItems(old: Json[] | undefined, updated: Json[] | undefined, type: ApplyType): Difference | undefined {
  if ((old?.length ?? 0) > 1 || (updated?.length ?? 0) > 1) return compareValues(old, updated);
  return compareNodes(old?.[0], updated?.[0], type);
}
