import { goText, goType } from '../go-text.ts';
import type { Json } from '../object.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import { LEAF, type FieldSet } from './field-set.ts';
import { itemElement } from './list-items.ts';
import { elementText, fieldElement, SELF } from './path-element.ts';
import { fieldOf, typeFor, type ApplyType, type ListType, type MapType, type ScalarType } from './types.ts';

type Building = { [element: string]: FieldSet };

/** A value that does not fit its type, for a caller who sent it. The message has one line per fault. */
export class TypeFault extends Error {}

/**
 * The fields that an applied object speaks of, each of which its sender will own: values, items of lists and keys of maps,
 * but not the places that only lead to them.
 * @throws TypeFault on unknown fields, wrong types, and items that have no keys or the same
 */
export function configFields(object: object, type: MapType): FieldSet {
  const walk = new Walk();
  const node = walk.map(object as JsonObject, type, '');
  if (walk.faults.length > 0) throw new TypeFault(faultText(walk.faults));
  return node ?? {};
}

function faultText(faults: readonly string[]): string {
  if (faults.length === 1) return faults[0]!;
  return ['errors:', ...faults.map((fault) => `  ${fault}`)].join('\n');
}

class Walk {
  readonly faults: string[] = [];

  /** The node of a value; undefined when it holds nothing that can be owned. */
  node(value: Json, declared: ApplyType, at: string): FieldSet | undefined {
    const type = typeFor(declared, value);
    if (type.sort === 'scalar') return this.#scalar(value, type, at);
    return type.sort === 'list' ? this.#list(value, type, at) : this.map(value, type, at);
  }

  map(value: Json, type: MapType, at: string): FieldSet | undefined {
    if (value === null) return type.atomic ? LEAF : undefined;
    if (!isJsonObject(value)) return this.#fault(at, `expected map, got &{${shown(value)}}`);
    const node: Building = {};
    for (const name of Object.keys(value)) {
      const item = value[name]!;
      const field = fieldOf(type, name);
      const path = `${at}.${name}`;
      if (!field) {
        this.#fault(path, 'field not declared in schema');
        continue;
      }
      const below = this.node(item, field.type, path);
      if (field.unowned) continue;
      const member = !field.holdsUnowned && (item === null || isEmptyMap(item) || !type.fields.has(name));
      const child = withSelf(below, member);
      if (child) node[fieldElement(name)] = child;
    }
    return type.atomic ? LEAF : orNothing(node);
  }

  #list(value: Json, type: ListType, at: string): FieldSet | undefined {
    if (value === null) return type.merge === 'atomic' ? LEAF : undefined;
    if (!Array.isArray(value)) return this.#fault(at, `expected list, got &{${shown(value)}}`);
    if (type.merge === 'atomic') return this.#atomicList(value, type, at);
    const node: Building = {};
    value.forEach((item, index) => {
      const element = this.#element(type, item, index, at);
      if (element === undefined) return;
      if (Object.hasOwn(node, element)) this.#fault(at, `duplicate entries for key ${elementText(element)}`);
      const child = this.node(item, type.item, at + elementText(element));
      node[element] = withSelf(child, true)!;
    });
    return orNothing(node);
  }

  /** The items are checked, but what they hold is not owned by itself. */
  #atomicList(items: readonly Json[], type: ListType, at: string): FieldSet {
    items.forEach((item, index) => this.node(item, type.item, `${at}[${index}]`));
    return LEAF;
  }

  #element(type: ListType, item: Json, index: number, at: string): string | undefined {
    try {
      return itemElement(type, item);
    } catch (error) {
      this.#fault(at, `element ${index}: ${(error as Error).message}`);
      return undefined;
    }
  }

  #scalar(value: Json, { scalar }: ScalarType, at: string): FieldSet {
    if (value === null) return LEAF;
    const type = typeof value;
    if (type === 'object' && scalar === 'untyped') this.#fault(at, `expected any scalar, got &{${shown(value)}}`);
    else if (scalar === 'numeric' && type !== 'number')
      this.#fault(at, `expected numeric (int or float), got ${goType(value)}`);
    else if (scalar === 'string' && type !== 'string')
      this.#fault(at, `expected string, got &value.valueUnstructured{Value:${shown(value)}}`);
    else if (scalar === 'boolean' && type !== 'boolean') this.#fault(at, `expected boolean, got &{${shown(value)}}`);
    return LEAF;
  }

  #fault(at: string, detail: string): undefined {
    if (this.faults.length < 100) this.faults.push(`${at || '.'}: ${detail}`);
    return undefined;
  }
}

function orNothing(node: FieldSet): FieldSet | undefined {
  for (const _ in node) return node;
  return undefined;
}

function withSelf(node: FieldSet | undefined, member: boolean): FieldSet | undefined {
  if (!member || !node) return node ?? (member ? LEAF : undefined);
  for (const _ in node) return { [SELF]: LEAF, ...node };
  return LEAF;
}

function isEmptyMap(value: Json): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0;
}

/** A value as an error names it, cut short. */
function shown(value: Json): string {
  const text = goText(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
