import { invalid, keyPath, path, type FieldError } from '../../apimachinery/field-error.ts';
import type { Json } from '../../apimachinery/object.ts';
import { itemsOf, type JsonSchema } from './json-schema.ts';

/** A default must be a value that the schema takes, without fields that would be dropped. */
export function validateDefault(schema: JsonSchema, at: string): FieldError[] {
  return valueErrors(schema, schema.default!, at, 0);
}

function valueErrors(schema: JsonSchema, value: Json, at: string, depth: number): FieldError[] {
  if (depth > 100) return [];
  if (value === null) return schema.nullable ? [] : [invalid(at, null, wrongType(at, schema.type ?? '', 'null'))];
  const type = typeOf(value);
  if (!fits(schema, value, type)) {
    return [typeInvalid(at, value, wrongType(at, schema.type || 'integer,string', type))];
  }
  const errors =
    schema.enum && !schema.enum.some((e) => JSON.stringify(e) === JSON.stringify(value))
      ? [unsupported(at, value, schema.enum)]
      : [];
  if (typeof value === 'number') errors.push(...numberErrors(schema, value, at));
  if (typeof value === 'string') errors.push(...lengthErrors(schema, value, at));
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items) value.forEach((item, i) => errors.push(...valueErrors(items, item, path(at, i), depth + 1)));
  } else if (typeof value === 'object') errors.push(...fieldErrors(schema, value, at, depth));
  return errors;
}

function fieldErrors(schema: JsonSchema, value: { [key: string]: Json }, at: string, depth: number): FieldError[] {
  const errors: FieldError[] = (schema.required ?? [])
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => ({ type: 'FieldValueRequired', field: path(at, name), message: 'Required value' }));
  for (const [name, child] of Object.entries(value)) {
    const known = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    const { additionalProperties: others } = schema;
    const of = known ?? (typeof others === 'object' ? others : undefined);
    const where = known ? path(at, name) : keyPath(at, name);
    if (of) errors.push(...valueErrors(of, child, where, depth + 1));
    else if (others !== true && !schema['x-kubernetes-preserve-unknown-fields'] && !isIdentity(schema, name)) {
      errors.push(invalid(at, value, `must not have unknown fields, but has ${JSON.stringify(name)}`));
    }
  }
  return errors;
}

/** Objects in objects have a type and metadata, whatever their schema says. */
function isIdentity(schema: JsonSchema, name: string): boolean {
  return Boolean(schema['x-kubernetes-embedded-resource']) && ['apiVersion', 'kind', 'metadata'].includes(name);
}

function typeOf(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function fits(schema: JsonSchema, value: Json, type: string): boolean {
  if (!schema.type) return !schema['x-kubernetes-int-or-string'] || type === 'integer' || type === 'string';
  return schema.type === type || (schema.type === 'number' && typeof value === 'number');
}

function wrongType(at: string, expected: string, is: string): string {
  return `${at} in body must be of type ${expected}: ${JSON.stringify(is)}`;
}

function typeInvalid(field: string, value: Json, detail: string): FieldError {
  return {
    ...invalid(field, typeof value === 'object' ? typeOf(value) : value, detail),
    type: 'FieldValueTypeInvalid',
  };
}

function unsupported(field: string, value: Json, values: readonly Json[]): FieldError {
  const list = values.map((v) => JSON.stringify(v)).join(', ');
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`;
  return { type: 'FieldValueNotSupported', field, message };
}

function numberErrors({ minimum, maximum }: JsonSchema, value: number, at: string): FieldError[] {
  if (minimum !== undefined && value < minimum) {
    return [invalid(at, value, `${at} in body should be greater than or equal to ${minimum}`)];
  }
  if (maximum === undefined || value <= maximum) return [];
  return [invalid(at, value, `${at} in body should be less than or equal to ${maximum}`)];
}

function lengthErrors({ minLength, maxLength }: JsonSchema, value: string, at: string): FieldError[] {
  if (minLength !== undefined && value.length < minLength) {
    return [invalid(at, value, `${at} in body should be at least ${minLength} chars long`)];
  }
  if (maxLength === undefined || value.length <= maxLength) return [];
  return [invalid(at, value, `${at} in body should be at most ${maxLength} chars long`)];
}
