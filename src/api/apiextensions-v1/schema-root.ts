import { invalid, path, type FieldError } from '../../apimachinery/field-error.ts';
import type { JsonSchema } from './json-schema.ts';

/** What the root may say when the status is written apart: its schema is then that of the field alone. */
const ALLOWED = [
  ...['description', 'type', 'format', 'title', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'],
  ...['maxLength', 'minLength', 'pattern', 'maxItems', 'minItems', 'uniqueItems', 'multipleOf', 'required', 'items'],
  ...['properties', 'externalDocs', 'example', 'x-kubernetes-preserve-unknown-fields', 'x-kubernetes-validations'],
];

/** The rules of the root of a schema whose objects have a status of its own. */
export function validateRootOfStatus(schema: JsonSchema, at: string): FieldError[] {
  const more = Object.keys(schema).find((name) => !ALLOWED.includes(name) && schema[name] && schema[name] !== null);
  if (schema.type !== 'object') {
    const detail =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    return [invalid(path(at, 'type'), schema.type ?? '', detail)];
  }
  if (!more) return [];
  const names = ALLOWED.map(goName).join(' ');
  const detail = `only [${names}] fields are allowed at the root of the schema if the status subresource is enabled`;
  return [invalid(at, schema, detail)];
}

/** The name of the field in upstream's types, which its message lists. */
function goName(name: string): string {
  return name
    .replace('x-kubernetes', 'x')
    .split('-')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('');
}
