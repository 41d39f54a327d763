import { invalid, path, required, tooMany, type FieldError } from '../../apimachinery/field-error.ts';
import type { Json } from '../../apimachinery/object.ts';
import { itemsOf, type JsonSchema } from './json-schema.ts';
import { valuesOf } from './schema-parts.ts';

/**
 * The rules of a schema for one value. Messages name the place within the value, as upstream's do: nothing at its root.
 * @param field where the value stands, `name` where in the value
 */
export function validateValue(schema: JsonSchema, value: Json, field: string, name = '', depth = 0): FieldError[] {
  if (depth > 100) return [];
  const at = field + (name.startsWith('[') || !name ? name : `.${name}`);
  if (value === null && schema.nullable) return [];
  const type = typeOf(value);
  if (!fits(schema, value, type)) return [typeInvalid(at, name, schema.type || 'integer,string', type)];
  const say = (detail: string) => invalid(at, value, `${name} in body ${detail}`);
  const errors =
    schema.enum && !schema.enum.some((e) => JSON.stringify(e) === JSON.stringify(value))
      ? [unsupported(at, value, schema.enum)]
      : [];
  if (typeof value === 'number') errors.push(...numberProblems(schema, value).map(say));
  if (typeof value === 'string') errors.push(...textProblems(schema, value).map(say));
  if (Array.isArray(value)) errors.push(...listErrors(schema, value, { field, name, at, depth }));
  else if (typeof value === 'object' && value !== null)
    errors.push(...objectErrors(schema, value, { field, name, at, depth }));
  return [...errors, ...junctorErrors(schema, value, { field, name, at, depth })];
}

interface Where {
  readonly field: string;
  readonly name: string;
  readonly at: string;
  readonly depth: number;
}

function listErrors(schema: JsonSchema, value: readonly Json[], { field, name, at, depth }: Where): FieldError[] {
  const { minItems = 0, maxItems = Infinity } = schema;
  const items = itemsOf(schema);
  const errors = value.length > maxItems ? [tooMany(at, value.length, maxItems)] : [];
  if (value.length < minItems)
    errors.push(invalid(at, value.length, `${name} in body should have at least ${minItems} items`));
  if (items) value.forEach((item, i) => errors.push(...validateValue(items, item, field, `${name}[${i}]`, depth + 1)));
  return errors;
}

function objectErrors(schema: JsonSchema, value: { [key: string]: Json }, where: Where): FieldError[] {
  const { field, name, at, depth } = where;
  const { minProperties = 0, maxProperties = Infinity } = schema;
  const size = Object.keys(value).length;
  const errors = (schema.required ?? []).filter((n) => !Object.hasOwn(value, n)).map((n) => required(path(at, n)));
  if (size < minProperties)
    errors.push(invalid(at, size, `${name} in body should have at least ${minProperties} properties`));
  if (size > maxProperties) errors.push(tooMany(at, size, maxProperties));
  for (const [key, child] of Object.entries(value)) {
    const known = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const of = known ?? valuesOf(schema);
    if (of) errors.push(...validateValue(of, child, field, name ? `${name}.${key}` : key, depth + 1));
  }
  return errors;
}

function junctorErrors(schema: JsonSchema, value: Json, { field, name, at, depth }: Where): FieldError[] {
  const failures = (part: JsonSchema) => validateValue(part, value, field, name, depth + 1);
  const fitting = (parts: readonly JsonSchema[]) => parts.filter((part) => failures(part).length === 0).length;
  const { allOf = [], anyOf = [], oneOf = [], not } = schema;
  const whole = (detail: string): FieldError => invalid(at, '', detail);
  const errors = allOf.flatMap(failures);
  if (errors.length > 0) errors.push(whole(`"${name}" must validate all the schemas (allOf)`));
  if (anyOf.length > 0 && fitting(anyOf) === 0)
    errors.push(whole(`"${name}" must validate at least one schema (anyOf)`));
  if (oneOf.length > 0 && fitting(oneOf) !== 1) {
    const found = fitting(oneOf) === 0 ? 'Found none valid' : `Found ${fitting(oneOf)} valid alternatives`;
    errors.push(whole(`"${name}" must validate one and only one schema (oneOf). ${found}`));
  }
  if (not && failures(not).length === 0) errors.push(whole(`"${name}" must not validate the schema (not)`));
  return errors;
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function fits(schema: JsonSchema, value: Json, type: string): boolean {
  if (!schema.type) return !schema['x-kubernetes-int-or-string'] || type === 'integer' || type === 'string';
  return schema.type === type || (schema.type === 'number' && typeof value === 'number');
}

/** What upstream shows of a value of another type is its type. */
function typeInvalid(at: string, name: string, expected: string, is: string): FieldError {
  const error = invalid(at, is, `${name} in body must be of type ${expected}: ${JSON.stringify(is)}`);
  return { ...error, type: 'FieldValueTypeInvalid' };
}

function unsupported(field: string, value: Json, values: readonly Json[]): FieldError {
  const list = values
    .map((v) => (typeof v === 'string' ? JSON.stringify(v) : JSON.stringify(JSON.stringify(v))))
    .join(', ');
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`;
  return { type: 'FieldValueNotSupported', field, message };
}

function numberProblems(schema: JsonSchema, value: number): string[] {
  const {
    minimum = -Infinity,
    maximum = Infinity,
    exclusiveMinimum: above,
    exclusiveMaximum: below,
    multipleOf,
  } = schema;
  const problems: string[] = [];
  if (value < minimum || (above && value === minimum))
    problems.push(`should be greater than ${above ? '' : 'or equal to '}${minimum}`);
  if (value > maximum || (below && value === maximum))
    problems.push(`should be less than ${below ? '' : 'or equal to '}${maximum}`);
  if (multipleOf && multipleOf > 0 && !Number.isInteger(value / multipleOf))
    problems.push(`should be a multiple of ${multipleOf}`);
  return problems;
}

function textProblems({ minLength = 0, maxLength = Infinity, pattern }: JsonSchema, value: string): string[] {
  const problems: string[] = [];
  const length = [...value].length;
  if (length < minLength) problems.push(`should be at least ${minLength} chars long`);
  if (length > maxLength) problems.push(`should be at most ${maxLength} chars long`);
  if (pattern && mismatch(pattern, value)) problems.push(`should match '${pattern}'`);
  return problems;
}

/** Patterns that are not JavaScript's too are not tried, nor such as could take for ever. */
function mismatch(pattern: string, value: string): boolean {
  if (value.length > 1000 || /[*+}][)?]*[*+{]/.test(pattern)) return false;
  try {
    return !new RegExp(pattern, 'u').test(value);
  } catch {
    return false;
  }
}
