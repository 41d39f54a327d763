import { invalid, path, type FieldError } from '../../apimachinery/field-error.ts';
import type { Json } from '../../apimachinery/object.ts';
import { validateEmbedded } from './embedded-object.ts';
import { itemsOf, type JsonSchema } from './json-schema.ts';
import { fieldsOf, valuesOf } from './schema-parts.ts';
import { validateValue } from './schema-value.ts';

/** Every default is a value that its schema takes, without fields that would be dropped. */
export function validateDefaults(schema: JsonSchema, at: string): FieldError[] {
  return defaultsBelow({ ...schema, 'x-kubernetes-embedded-resource': true }, at);
}

/** Defaults of a map's values are not followed: what they would be put into is not known. */
function defaultsBelow(schema: JsonSchema, at: string): FieldError[] {
  const items = itemsOf(schema);
  return [
    ...(schema.default === undefined ? [] : validateDefault(schema, path(at, 'default'))),
    ...(items ? defaultsBelow(items, path(at, 'items')) : []),
    ...fieldsOf(schema, at).flatMap((field) => defaultsBelow(field.schema, field.at)),
  ];
}

function validateDefault(schema: JsonSchema, at: string): FieldError[] {
  const value = schema.default!;
  const dropped = hasUnknown(schema, value, 0) ? [invalid(at, value, 'must not have unknown fields')] : [];
  const embedded = validateEmbedded(schema, value, at);
  return [...dropped, ...(embedded.length > 0 ? embedded : validateValue(schema, value, at))];
}

/** Whether the value has fields that the schema does not know, so that they would not be kept. */
function hasUnknown(schema: JsonSchema | undefined, value: Json, depth: number): boolean {
  if (depth > 100 || typeof value !== 'object' || value === null) return false;
  const keeps = schema?.['x-kubernetes-preserve-unknown-fields'] === true;
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    if (!items && keeps) return false;
    return value.some((item) => hasUnknown(items, item, depth + 1));
  }
  return Object.entries(value).some(([name, child]) => {
    if (schema?.['x-kubernetes-embedded-resource'] && ['apiVersion', 'kind', 'metadata'].includes(name)) return false;
    const known = schema?.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    const of = known ?? (schema && valuesOf(schema));
    if (of) return hasUnknown(of, child, depth + 1);
    return !keeps && schema?.additionalProperties !== true;
  });
}
