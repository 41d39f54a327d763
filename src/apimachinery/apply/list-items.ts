import type { Json } from '../object.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import { valueElement } from './path-element.ts';
import type { ListType } from './types.ts';

/**
 * The path element of an item of a list that is a set or has keys.
 * @throws Error that says why it has none
 */
export function itemElement(type: ListType, item: Json): string {
  if (type.merge === 'set') return setElement(item);
  if (item === null) throw new Error('associative list with keys may not have a null element');
  if (!isJsonObject(item)) throw new Error('associative list with keys may not have non-map elements');
  let text = '';
  for (const key of type.keys) {
    const value = keyOf(type, item, key);
    if (value !== undefined) text += `${text ? ',' : ''}${JSON.stringify(key)}:${JSON.stringify(value)}`;
  }
  if (text !== '') return `k:{${text}}`;
  const keys = `[${type.keys.map((key) => JSON.stringify(key)).join(' ')}]`;
  const missing = `associative list with keys has an element that omits all key fields ${keys}`;
  throw new Error(`${missing} (and doesn't have default values for any key fields)`);
}

function keyOf(type: ListType, item: JsonObject, key: string): Json | undefined {
  if (Object.hasOwn(item, key)) return item[key];
  return Object.hasOwn(type.keyDefaults, key) ? type.keyDefaults[key] : undefined;
}

function setElement(item: Json): string {
  if (item === null) throw new Error("associative list without keys has an element that's a null type");
  if (isJsonObject(item)) throw new Error("associative list without keys has an element that's a map type");
  if (Array.isArray(item)) throw new Error('not supported: associative list with lists as elements');
  return valueElement(item);
}

/** The element of an item of a stored list; what cannot be told apart by keys is told apart by position. */
export function storedElement(type: ListType, item: Json, index: number): string {
  try {
    return itemElement(type, item);
  } catch {
    return `i:${index}`;
  }
}

/** The items of a stored list by element; more than one under an element where keys occur twice. */
export function itemsByElement(type: ListType, items: readonly Json[]): Map<string, Json[]> {
  const found = new Map<string, Json[]>();
  items.forEach((item, index) => {
    const element = storedElement(type, item, index);
    const others = found.get(element);
    if (others) others.push(item);
    else found.set(element, [item]);
  });
  return found;
}
