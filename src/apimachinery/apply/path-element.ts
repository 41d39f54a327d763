import type { Json } from '../object.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';

/*
 * One step of a field path, in the text form of FieldsV1: `f:<name>` a field or key of a map, `k:{"name":"a"}` the item of
 * a list with these keys, `v:"a"` the item of a set, `i:0` the item at a position. `.` stands for the place itself.
 */

/** The member of a field set that stands for the place itself. */
export const SELF = '.';

/** Where each sort of element stands in the canonical order. */
const ranks: Readonly<Record<string, number>> = { '.': 0, f: 1, k: 2, v: 3, i: 4 };

export function fieldElement(name: string): string {
  return `f:${name}`;
}

export function valueElement(value: Json): string {
  return `v:${JSON.stringify(value)}`;
}

/** `keys` in any order. */
function keyElement(keys: JsonObject): string {
  const sorted: JsonObject = {};
  for (const name of Object.keys(keys).sort()) sorted[name] = keys[name]!;
  return `k:${JSON.stringify(sorted)}`;
}

/** The name that a field element speaks of; undefined for the other sorts. */
export function fieldName(element: string): string | undefined {
  return element.startsWith('f:') ? element.slice(2) : undefined;
}

/**
 * The element in canonical form; undefined when its sort is unknown (a later version may write such).
 * @throws Error when it is malformed
 */
export function parseElement(text: string): string | undefined {
  if (text === SELF) return text;
  if (text[1] !== ':') throw new Error(`missing colon: ${text}`);
  const rest = text.slice(2);
  switch (text[0]) {
    case 'f':
      return text;
    case 'v':
      return valueElement(parse(rest));
    case 'k':
      return keyElement(parseKeys(rest));
    case 'i':
      if (!/^-?[0-9]{1,15}$/.test(rest)) throw new Error(`invalid index: ${text}`);
      return `i:${Number(rest)}`;
    default:
      return undefined;
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Error(`invalid value in a path element: ${text}`);
  }
}

function parseKeys(text: string): JsonObject {
  const keys = parse(text);
  if (!isJsonObject(keys) || Object.keys(keys).length === 0) throw new Error(`invalid keys: ${text}`);
  return keys;
}

/** An element made ready for comparing: keys and values are parsed once, however often they are compared. */
interface Ordered {
  readonly element: string;
  readonly parsed: Json | undefined;
}

/**
 * The elements in the order in which upstream writes them: fields, keys, values, positions; numbers by value. The very same
 * array when they stand so already.
 */
export function inOrder(elements: string[]): string[] {
  if (elements.length < 2 || areSortedFields(elements)) return elements;
  const ordered = elements.map((element) => ({ element, parsed: parsedOf(element) }));
  if (ordered.every((item, i) => i === 0 || compareOrdered(ordered[i - 1]!, item) <= 0)) return elements;
  return ordered.sort(compareOrdered).map(({ element }) => element);
}

/** The common case: names of fields, perhaps behind the place itself, need no parsing. */
function areSortedFields(elements: readonly string[]): boolean {
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i]!;
    if (element.charCodeAt(0) > 0x66) return false; // behind `f`
    if (i > 0 && elements[i - 1]! > element) return false; // `.` stands before `f`
  }
  return true;
}

function parsedOf(element: string): Json | undefined {
  return element[0] === 'k' || element[0] === 'v' ? parse(element.slice(2)) : undefined;
}

function compareOrdered(a: Ordered, b: Ordered): number {
  const sort = ranks[a.element[0]!]! - ranks[b.element[0]!]!;
  if (sort !== 0) return sort;
  if (a.element[0] === 'k') return compareKeys(a.parsed as JsonObject, b.parsed as JsonObject);
  if (a.element[0] === 'v') return compareValues(a.parsed!, b.parsed!);
  if (a.element[0] === 'i') return Number(a.element.slice(2)) - Number(b.element.slice(2));
  return compareText(a.element, b.element);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareKeys(a: JsonObject, b: JsonObject): number {
  const [left, right] = [Object.keys(a), Object.keys(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const name = left[i]!;
    const order = compareText(name, right[i]!) || compareValues(a[name]!, b[name]!);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareValues(a: Json, b: Json): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  return compareText(`${typeof a}${JSON.stringify(a)}`, `${typeof b}${JSON.stringify(b)}`);
}

/** The element as it reads in messages: `.name`, `[name="a"]`, `[="a"]`, `[0]`. */
export function elementText(element: string): string {
  const rest = element.slice(2);
  if (element[0] === 'f') return `.${rest}`;
  if (element[0] === 'v') return `[=${rest}]`;
  if (element[0] !== 'k') return `[${rest}]`;
  const keys = Object.entries(parse(rest) as JsonObject).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `[${keys.join(',')}]`;
}

/** A path as it reads in messages: `.spec.containers[name="web"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join('');
}
