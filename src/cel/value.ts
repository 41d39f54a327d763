/**
 * The values of the language. An `int` is a bigint and a `double` a number, so that both stay what they are; an `uint` is
 * wrapped. Types that an environment brings along (quantities, versions) are `Extension`s.
 */
export type Value =
  null | boolean | bigint | number | string | Uint | readonly Value[] | ReadonlyMap<Key, Value> | Extension;

/** What maps can be indexed by. */
export type Key = string | bigint | boolean;

/** An unsigned integer of 64 bits. */
export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** A value of a type that the core of the language does not know. */
export interface Extension {
  /** As messages name the type. */
  readonly type: string;
  equals(other: Value): boolean;
}

/** Why an expression cannot be compiled, or has no value. The message has the words of cel-go. */
export class CelError extends Error {}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isMap(value: Value): value is ReadonlyMap<Key, Value> {
  return value instanceof Map;
}

export function isExtension(value: Value): value is Extension {
  return typeof value === 'object' && value !== null && 'equals' in value;
}

/** The name of a value's type. */
export function typeName(value: Value): string {
  if (value === null) return 'null_type';
  if (value instanceof Uint) return 'uint';
  if (isList(value)) return 'list';
  if (isMap(value)) return 'map';
  if (isExtension(value)) return value.type;
  return { boolean: 'bool', bigint: 'int', number: 'double', string: 'string' }[typeof value as string]!;
}

/** An integer as maps and comparisons take it: `1`, `1u` and `1.0` are one key. */
export function asKey(value: Value): Key | undefined {
  if (value instanceof Uint) return value.value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean' ? value : undefined;
}

/** Whether two values are the same. Numbers are compared by what they amount to; values of different types differ. */
export function equal(a: Value, b: Value): boolean {
  const [x, y] = [plainNumber(a), plainNumber(b)];
  if (x !== undefined && y !== undefined) return order(x, y) === 0;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]!));
  if (isMap(a)) return isMap(b) && a.size === b.size && [...a].every(([k, v]) => b.has(k) && equal(v, b.get(k)!));
  if (isExtension(a)) return a.equals(b);
  return a === b;
}

/** Negative, zero or positive; undefined where there is no order between the two. */
export function compare(a: Value, b: Value): number | undefined {
  const [x, y] = [plainNumber(a), plainNumber(b)];
  if (x !== undefined && y !== undefined) return order(x, y);
  if (typeof a === 'string' && typeof b === 'string') return order(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  return undefined;
}

function order<T extends string | number | bigint>(x: T, y: T): number | undefined {
  if (x < y) return -1;
  if (x > y) return 1;
  return x <= y ? 0 : undefined;
}

function plainNumber(value: Value): number | bigint | undefined {
  if (value instanceof Uint) return value.value;
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
}
