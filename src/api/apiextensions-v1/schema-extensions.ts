import {
  duplicate,
  forbidden,
  invalid,
  keyPath,
  notSupported,
  path,
  required,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { repeats } from '../meta-v1/checks.ts';
import { itemsOf, type JsonSchema, type ValidationRule } from './json-schema.ts';

const LIST_TYPES = ['atomic', 'map', 'set'];
const MAP_TYPES = ['atomic', 'granular'];
const REASONS = ['FieldValueRequired', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueDuplicate'];

/** The rules of what a schema says in Kubernetes' own words. */
export function validateExtensions(schema: JsonSchema, at: string): FieldError[] {
  return [
    ...(schema['x-kubernetes-preserve-unknown-fields'] === false
      ? [invalid(path(at, 'x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined')]
      : []),
    ...validateEmbedded(schema, at),
    ...validateListType(schema, at),
    ...validateMapType(schema, at),
    ...(schema['x-kubernetes-validations'] ?? []).flatMap((rule, i) =>
      validateRule(rule, path(at, 'x-kubernetes-validations') + path(i)),
    ),
  ];
}

function validateEmbedded(schema: JsonSchema, at: string): FieldError[] {
  if (!schema['x-kubernetes-embedded-resource']) return [];
  const name = 'x-kubernetes-embedded-resource';
  const errors: FieldError[] = [];
  if (schema.type !== 'object') {
    errors.push(invalid(path(at, 'type'), schema.type ?? '', `must be object if ${name} is true`));
  }
  if (!schema['x-kubernetes-preserve-unknown-fields'] && Object.keys(schema.properties ?? {}).length === 0) {
    const detail = `must not be empty if ${name} is true without x-kubernetes-preserve-unknown-fields`;
    errors.push(required(path(at, 'properties'), detail));
  }
  return errors;
}

function validateListType(schema: JsonSchema, at: string): FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const field = path(at, 'x-kubernetes-list-type');
  const keysField = path(at, 'x-kubernetes-list-map-keys');
  const errors: FieldError[] = [];
  if (type !== undefined && schema.type !== 'array') {
    if (schema.type)
      errors.push(invalid(path(at, 'type'), schema.type, 'must be array if x-kubernetes-list-type is specified'));
    else errors.push(required(path(at, 'type'), 'must be array if x-kubernetes-list-type is specified'));
  }
  if (type !== undefined && !LIST_TYPES.includes(type)) errors.push(notSupported(field, type, LIST_TYPES));
  if (keys.length > 0 && type !== 'map') {
    if (type) errors.push(invalid(field, type, 'must be map if x-kubernetes-list-map-keys is non-empty'));
    else errors.push(required(field, 'must be map if x-kubernetes-list-map-keys is non-empty'));
  }
  if (type === 'map') errors.push(...validateKeys(schema, keys, at, keysField));
  if (type === 'set') errors.push(...validateSet(itemsOf(schema), path(at, 'items')));
  return errors;
}

function validateKeys(schema: JsonSchema, keys: readonly string[], at: string, field: string): FieldError[] {
  if (keys.length === 0) return [required(field, 'must not be empty if x-kubernetes-list-type is map')];
  const items = itemsOf(schema);
  const where = path(at, 'items');
  if (!items) return [required(where, 'must have a schema if x-kubernetes-list-type is map')];
  if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    return [invalid(path(where, 'type'), items.type ?? '', detail)];
  }
  const repeated = repeats(keys);
  return keys.flatMap((key, i) => {
    const property = items.properties && Object.hasOwn(items.properties, key) ? items.properties[key] : undefined;
    const again = repeated(i) ? [duplicate(path(field, i), key)] : [];
    if (!property) return [...again, invalid(path(field, i), key, 'entries must all be names of item properties')];
    if (property.default !== undefined || items.required?.includes(key)) return again;
    const detail =
      'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
    return [...again, required(path(keyPath(path(where, 'properties'), key), 'default'), detail)];
  });
}

/** Members of a set are compared as a whole. */
function validateSet(items: JsonSchema | undefined, at: string): FieldError[] {
  if (!items) return [];
  if (items.nullable) return [forbidden(path(at, 'nullable'), 'cannot be nullable when x-kubernetes-list-type is set')];
  const loose =
    (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic' && 'x-kubernetes-map-type') ||
    (items.type === 'array' && (items['x-kubernetes-list-type'] ?? 'atomic') !== 'atomic' && 'x-kubernetes-list-type');
  if (!loose) return [];
  const detail = `must be atomic as item of a list with x-kubernetes-list-type=set`;
  return [invalid(path(at, loose), items[loose] ?? null, detail)];
}

function validateMapType(schema: JsonSchema, at: string): FieldError[] {
  const type = schema['x-kubernetes-map-type'];
  if (type === undefined) return [];
  const errors: FieldError[] = [];
  if (schema.type !== 'object') {
    const detail = 'must be object if x-kubernetes-map-type is specified';
    errors.push(schema.type ? invalid(path(at, 'type'), schema.type, detail) : required(path(at, 'type'), detail));
  }
  return MAP_TYPES.includes(type)
    ? errors
    : [...errors, notSupported(path(at, 'x-kubernetes-map-type'), type, MAP_TYPES)];
}

function validateRule(rule: ValidationRule, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!rule.rule?.trim()) errors.push(required(path(at, 'rule'), 'rule is not specified'));
  if (rule.message !== undefined && rule.message !== '' && rule.message.trim() === '') {
    errors.push(invalid(path(at, 'message'), rule.message, 'message must be non-empty if specified'));
  }
  if (rule.message?.includes('\n')) {
    errors.push(invalid(path(at, 'message'), rule.message, 'message must not contain line breaks'));
  }
  if (rule.rule?.includes('\n') && !rule.message) {
    errors.push(required(path(at, 'message'), 'message must be specified if rule contains line breaks'));
  }
  if (rule.reason !== undefined && !REASONS.includes(rule.reason)) {
    errors.push(notSupported(path(at, 'reason'), rule.reason, REASONS));
  }
  return errors;
}
