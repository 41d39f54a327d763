import type { Json } from '../object.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import { LEAF, type FieldSet } from './field-set.ts';
import { fieldElement, SELF } from './path-element.ts';
import { storedElement } from './list-items.ts';
import { fieldOf, typeFor, type ApplyType, type ListType, type MapType } from './types.ts';

type Building = { [element: string]: FieldSet };

const nobody: ReadonlySet<string> = new Set();

/**
 * The node of a value that has appeared as a whole: each part of it, and the places that hold the parts. One walk, without
 * comparing with anything: this is what a create costs.
 */
export function appeared(value: Json, declared: ApplyType): FieldSet {
  const type = typeFor(declared, value);
  if (type.sort === 'scalar' || value === null) return LEAF;
  if (type.sort === 'list') return listAppeared(value, type);
  return mapAppeared(value, type);
}

function mapAppeared(value: Json, type: MapType): FieldSet {
  if (type.atomic || !isJsonObject(value)) return LEAF;
  const node: Building = { [SELF]: LEAF };
  if (!addFields(node, value, type, nobody)) return LEAF;
  return node;
}

/** Adds the fields of a map to `node`; answers whether there was any. */
function addFields(node: Building, value: JsonObject, type: MapType, skip: ReadonlySet<string>): boolean {
  let any = false;
  for (const name of sortedNames(value)) {
    const field = fieldOf(type, name);
    const item = value[name];
    if (item === undefined || field?.unowned || skip.has(name)) continue;
    node[fieldElement(name)] = field ? appeared(item, field.type) : LEAF;
    any = true;
  }
  for (const [name] of type.implied) {
    if (value[name] !== undefined || skip.has(name)) continue;
    node[fieldElement(name)] = LEAF;
    any = true;
  }
  return any;
}

/** Names in the order in which they are written, so that the set needs no sorting. */
function sortedNames(object: object): string[] {
  return Object.keys(object).sort();
}

function listAppeared(value: Json, type: ListType): FieldSet {
  if (type.merge === 'atomic' || !Array.isArray(value) || value.length === 0) return LEAF;
  const node: Building = { [SELF]: LEAF };
  for (let i = 0; i < value.length; i++) {
    const element = storedElement(type, value[i]!, i);
    // Where keys occur twice, the items are owned as one.
    node[element] = Object.hasOwn(node, element) ? LEAF : appeared(value[i]!, type.item);
  }
  return node;
}

/**
 * The fields of a new object: as if it had been made from one in which nothing was said. `skip` names fields of the object
 * that do not count.
 */
export function fieldsOfNew(object: object, type: MapType, skip: ReadonlySet<string> = nobody): FieldSet {
  const set: Building = {};
  for (const name of sortedNames(object)) {
    const field = fieldOf(type, name);
    const value = (object as JsonObject)[name];
    if (value === undefined || field?.unowned || skip.has(name)) continue;
    const node = field ? appearedIn(value, field.type, field) : LEAF;
    if (node) set[fieldElement(name)] = node;
  }
  return set;
}

/** Like `appeared`, where the place itself may have been there already, though empty. */
function appearedIn(
  value: Json,
  type: ApplyType,
  field: { readonly implied?: boolean; readonly nullable?: boolean },
): FieldSet | undefined {
  if (field.implied && isJsonObject(value) && type.sort === 'map' && !type.atomic) {
    const node = fieldsOfNew(value, type);
    for (const _ in node) return node;
    return undefined;
  }
  const node = appeared(value, type);
  return field.nullable ? withoutSelf(node) : node;
}

function withoutSelf(node: FieldSet): FieldSet {
  if (!(SELF in node)) return node;
  const { [SELF]: _self, ...children } = node;
  return children;
}
