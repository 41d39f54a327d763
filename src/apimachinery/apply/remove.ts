import type { Json } from '../object.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import { EMPTY, isMember, LEAF, type FieldSet } from './field-set.ts';
import { storedElement } from './list-items.ts';
import { fieldElement, fieldName, SELF } from './path-element.ts';
import { fieldOf, typeFor, type ApplyType, type ListType, type MapType } from './types.ts';

/**
 * The object without the members of `set`. Maps and lists that lose all they had go too, but for those that `kept` has as
 * members: somebody wants them, though empty. Shares parts with `object`.
 */
export function removeFields(object: object, set: FieldSet, type: MapType, kept: FieldSet = EMPTY): JsonObject {
  return removeFromMap(object as JsonObject, { set, kept }, type) ?? {};
}

/** What goes at one place and below, and what stays there. */
interface Removal {
  readonly set: FieldSet;
  readonly kept: FieldSet | undefined;
}

/** The same for the place below; undefined when nothing goes there. */
function below({ set, kept }: Removal, element: string): Removal | undefined {
  if (!Object.hasOwn(set, element)) return undefined;
  return { set: set[element]!, kept: kept && Object.hasOwn(kept, element) ? kept[element] : undefined };
}

function removeFrom(value: Json, removal: Removal, declared: ApplyType): Json | undefined {
  const type = typeFor(declared, value);
  const left = removeParts(value, removal, type);
  if (left !== undefined || !removal.kept || !isMember(removal.kept)) return left;
  return Array.isArray(value) ? [] : {};
}

function removeParts(value: Json, removal: Removal, type: ApplyType): Json | undefined {
  if (type.sort === 'map' && !type.atomic && isJsonObject(value)) return removeFromMap(value, removal, type);
  if (type.sort === 'list' && type.merge !== 'atomic' && Array.isArray(value)) return removeItems(value, removal, type);
  return value;
}

function removeFromMap(value: JsonObject, removal: Removal, type: MapType): JsonObject | undefined {
  let result: JsonObject | undefined;
  for (const name of Object.keys(value)) {
    const here = below(removal, fieldElement(name));
    const field = fieldOf(type, name);
    if (!here || field?.unowned) continue;
    const goes = isMember(here.set) && !field?.holdsUnowned;
    const left = goes ? undefined : field ? removeFrom(value[name]!, here, field.type) : value[name];
    if (left === value[name]) continue;
    result ??= { ...value };
    if (left === undefined && field?.implied) result[name] = {};
    else if (left === undefined) delete result[name];
    else result[name] = left;
  }
  if (!result) return value;
  return Object.keys(result).length > 0 ? result : undefined;
}

function removeItems(value: Json[], removal: Removal, type: ListType): Json[] | undefined {
  const result: Json[] = [];
  let changed = false;
  value.forEach((item, index) => {
    const here = below(removal, storedElement(type, item, index));
    const left = !here ? item : isMember(here.set) ? undefined : removeFrom(item, here, type.item);
    if (left !== item) changed = true;
    if (left !== undefined) result.push(left);
  });
  if (!changed) return value;
  return result.length > 0 ? result : undefined;
}

/** The set in which declared fields that lead to members are members too: with the last of them they go themselves. */
export function withDeclaredFields(set: FieldSet, type: ApplyType): FieldSet {
  const result: { [element: string]: FieldSet } = {};
  for (const element of Object.keys(set)) {
    if (element === SELF) continue;
    result[element] = declaredNode(set[element]!, element, type);
  }
  return result;
}

function declaredNode(node: FieldSet, element: string, parent: ApplyType): FieldSet {
  const name = fieldName(element);
  const field = parent.sort === 'map' && name !== undefined ? parent.fields.get(name) : undefined;
  const declared = field !== undefined && !field.holdsUnowned;
  const children = withDeclaredFields(node, childType(parent, name));
  for (const _ in children) return isMember(node) || declared ? { [SELF]: LEAF, ...children } : children;
  return node;
}

function childType(parent: ApplyType, name: string | undefined): ApplyType {
  if (parent.sort === 'list') return parent.item;
  if (parent.sort === 'map' && name !== undefined) return fieldOf(parent, name)?.type ?? anyOther;
  return anyOther;
}

const anyOther: ApplyType = { sort: 'any', atomic: false };
