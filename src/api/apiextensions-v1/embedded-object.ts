import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1035Label, qualifiedName } from '../../apimachinery/names.ts';
import type { Json } from '../../apimachinery/object.ts';
import { itemsOf, type JsonSchema } from './json-schema.ts';
import { valuesOf } from './schema-parts.ts';

/** The rules of the type and metadata of objects that stand in values, wherever the schema says that there are some. */
export function validateEmbedded(schema: JsonSchema, value: Json, at: string, depth = 0): FieldError[] {
  if (depth > 100 || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return items ? value.flatMap((item, i) => validateEmbedded(items, item, at + path(i), depth + 1)) : [];
  }
  const own = schema['x-kubernetes-embedded-resource'] ? validateIdentity(value, at) : [];
  const below = Object.entries(value).flatMap(([name, child]) => {
    const known = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    const of = known ?? valuesOf(schema);
    return of ? validateEmbedded(of, child, path(at, name), depth + 1) : [];
  });
  return [...own, ...below];
}

function validateIdentity(value: { [key: string]: Json }, at: string): FieldError[] {
  return [
    ...validateText(value['apiVersion'], path(at, 'apiVersion'), (text) =>
      text.split('/').length > 2 ? [`unexpected GroupVersion string: ${text}`] : [],
    ),
    ...validateText(value['kind'], path(at, 'kind'), (text) => {
      const problems = dns1035Label(text.toLowerCase());
      return problems.length > 0 ? [`may have mixed case, but should otherwise match: ${problems.join(',')}`] : [];
    }),
    ...validateMetadata(value['metadata'], path(at, 'metadata')),
  ];
}

function validateText(value: Json | undefined, at: string, check: (text: string) => string[]): FieldError[] {
  if (value === undefined) return [required(at, 'must not be empty')];
  if (typeof value !== 'string') return [invalid(at, value, 'must be a string')];
  if (value === '') return [invalid(at, value, 'must not be empty')];
  return check(value).map((detail) => invalid(at, value, detail));
}

function validateMetadata(value: Json | undefined, at: string): FieldError[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [invalid(at, value, 'must be an object')];
  const labels = value['labels'];
  if (typeof labels !== 'object' || labels === null) return [];
  return Object.keys(labels).flatMap((key) =>
    qualifiedName(key).map((detail) => invalid(path(at, 'labels'), key, detail)),
  );
}
