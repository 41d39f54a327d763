import type { Json } from '../object.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import { isMember, LEAF, type FieldSet } from './field-set.ts';
import { storedElement } from './list-items.ts';
import { fieldElement, fieldName, SELF } from './path-element.ts';
import { fieldOf, typeFor, type ApplyType, type ListType, type MapType } from './types.ts';

/** The object without the members of `set`; maps and lists that lose all they had go too. Shares parts with `object`. */
export function removeFields(object: object, set: FieldSet, type: MapType): JsonObject {
  return removeFromMap(object as JsonObject, set, type) ?? {};
}

function removeFrom(value: Json, set: FieldSet, declared: ApplyType): Json | undefined {
  const type = typeFor(declared, value);
  if (type.sort === 'map' && !type.atomic && isJsonObject(value)) return removeFromMap(value, set, type);
  if (type.sort === 'list' && type.merge !== 'atomic' && Array.isArray(value)) return removeItems(value, set, type);
  return value;
}

function removeFromMap(value: JsonObject, set: FieldSet, type: MapType): JsonObject | undefined {
  let result: JsonObject | undefined;
  for (const name of Object.keys(value)) {
    const element = fieldElement(name);
    if (!Object.hasOwn(set, element)) continue;
    const field = fieldOf(type, name);
    if (field?.unowned) continue;
    const node = set[element]!;
    const goes = isMember(node) && !field?.holdsUnowned;
    const kept = goes ? undefined : field ? removeFrom(value[name]!, node, field.type) : value[name];
    if (kept === value[name]) continue;
    result ??= { ...value };
    if (kept === undefined && field?.implied) result[name] = {};
    else if (kept === undefined) delete result[name];
    else result[name] = kept;
  }
  if (!result) return value;
  return Object.keys(result).length > 0 ? result : undefined;
}

function removeItems(value: Json[], set: FieldSet, type: ListType): Json[] | undefined {
  const result: Json[] = [];
  let changed = false;
  value.forEach((item, index) => {
    const element = storedElement(type, item, index);
    const node = Object.hasOwn(set, element) ? set[element] : undefined;
    const kept = !node ? item : isMember(node) ? undefined : removeFrom(item, node, type.item);
    if (kept !== item) changed = true;
    if (kept !== undefined) result.push(kept);
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
  const below = withDeclaredFields(node, childType(parent, name));
  for (const _ in below) return isMember(node) || declared ? { [SELF]: LEAF, ...below } : below;
  return node;
}

function childType(parent: ApplyType, name: string | undefined): ApplyType {
  if (parent.sort === 'list') return parent.item;
  if (parent.sort === 'map' && name !== undefined) return fieldOf(parent, name)?.type ?? anyOther;
  return anyOther;
}

const anyOther: ApplyType = { sort: 'any', atomic: false };
