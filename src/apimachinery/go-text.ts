import type { Json } from './object.ts';
import { isJsonObject } from './json-value.ts';

/*
 * Values as they read in messages of clients and servers that are written in Go, which people search the web for.
 */

/** A value in Go's plain format: `map[a:1 b:[x y]]`, `<nil>`. Keys come sorted. */
export function goText(value: Json): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (!isJsonObject(value)) return String(value);
  const fields = Object.keys(value).sort();
  return `map[${fields.map((key) => `${key}:${goText(value[key]!)}`).join(' ')}]`;
}

/** What Go calls the type of a parsed JSON value. */
export function goType(value: Json): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (isJsonObject(value)) return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : 'string';
}
