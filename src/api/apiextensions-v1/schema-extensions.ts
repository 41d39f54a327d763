import {
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

const LIST_TYPES = ['atomic', 'set', 'map'];
const MAP_TYPES = ['atomic', 'granular'];
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** The rules of what a schema says in Kubernetes' own words. */
export function validateExtensions(schema: JsonSchema, at: string): FieldError[] {
  return [
    ...validateListType(schema, at),
    ...validateMapType(schema, at),
    ...(schema['x-kubernetes-validations'] ?? []).flatMap((rule, i) =>
      validateRule(rule, path(at, 'x-kubernetes-validations') + path(i)),
    ),
  ];
}

function validateListType(schema: JsonSchema, at: string): FieldError[] {
  const type = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const field = path(at, 'x-kubernetes-list-type');
  const errors: FieldError[] = [];
  if (type !== undefined && schema.type !== 'array') {
    const detail = 'must be array if x-kubernetes-list-type is specified';
    errors.push(schema.type ? invalid(path(at, 'type'), schema.type, detail) : required(path(at, 'type'), detail));
  } else if (type === 'set') errors.push(...validateSet(itemsOf(schema), path(at, 'items')));
  if (type !== undefined && !LIST_TYPES.includes(type)) errors.push(notSupported(field, type, LIST_TYPES));
  if (keys.length > 0 && type !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(type === undefined ? required(field, detail) : invalid(field, type, detail));
  }
  if (type === 'map') errors.push(...validateKeys(schema, keys, at), ...validateKeyValues(schema, keys, at));
  if ((type === 'map' || type === 'set') && itemsOf(schema)?.nullable)
    errors.push(forbidden(path(at, 'items', 'nullable'), `cannot be nullable when x-kubernetes-list-type is ${type}`));
  return errors;
}

/** The items of a map are objects, and its keys plain fields of them. */
function validateKeys(schema: JsonSchema, keys: readonly string[], at: string): FieldError[] {
  const field = path(at, 'x-kubernetes-list-map-keys');
  const where = path(at, 'items');
  const errors = keys.length > 0 ? [] : [required(field, 'must not be empty if x-kubernetes-list-type is map')];
  const items = itemsOf(schema);
  if (schema.items === undefined)
    return [...errors, required(where, 'must have a schema if x-kubernetes-list-type is map')];
  if (!items) {
    const detail = 'must only have a single schema if x-kubernetes-list-type is map';
    return [...errors, invalid(where, schema.items, detail)];
  }
  if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    return [...errors, invalid(path(where, 'type'), items.type ?? '', detail)];
  }
  const again = repeats(keys);
  keys.forEach((key, i) => {
    const property = propertyOf(items, key);
    if (!property) errors.push(invalid(field, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object') {
      const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      errors.push(invalid(path(keyPath(path(where, 'properties'), key), 'type'), items.type, detail));
    }
    if (again(i)) errors.push(invalid(field, keys, 'must not contain duplicate entries'));
  });
  return errors;
}

/** Every item has a value for every key. */
function validateKeyValues(schema: JsonSchema, keys: readonly string[], at: string): FieldError[] {
  const items = itemsOf(schema);
  const errors: FieldError[] = [];
  for (const key of keys) {
    const property = items && propertyOf(items, key);
    if (!property) continue;
    const where = keyPath(path(at, 'items', 'properties'), key);
    const so = 'this property is in x-kubernetes-list-map-keys, so it';
    if (property.default === undefined && !items.required?.includes(key))
      errors.push(required(path(where, 'default'), `${so} must have a default or be a required property`));
    if (property.nullable) errors.push(forbidden(path(where, 'nullable'), `${so} cannot be nullable`));
  }
  return errors;
}

function propertyOf(schema: JsonSchema, name: string): JsonSchema | undefined {
  return schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
}

/** Members of a set are compared as a whole. */
function validateSet(items: JsonSchema | undefined, at: string): FieldError[] {
  if (!items) return [];
  const type = items['x-kubernetes-list-type'];
  const loose =
    (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic' && 'x-kubernetes-map-type') ||
    (items.type === 'array' && (type ?? 'atomic') !== 'atomic' && 'x-kubernetes-list-type');
  if (!loose) return [];
  // The list type is named in both cases, as upstream does.
  return [invalid(path(at, loose), type ?? null, 'must be atomic as item of a list with x-kubernetes-list-type=set')];
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
  const errors = validateRuleText(rule, at);
  if (rule.messageExpression && !rule.messageExpression.trim()) {
    errors.push(required(path(at, 'messageExpression'), 'messageExpression must be non-empty if specified'));
  }
  if (rule.reason !== undefined && !REASONS.includes(rule.reason)) {
    errors.push(notSupported(path(at, 'reason'), rule.reason, REASONS));
  }
  return errors;
}

function validateRuleText({ rule = '', message = '' }: ValidationRule, at: string): FieldError[] {
  const said = message.trim();
  const field = path(at, 'message');
  if (!rule.trim()) return [required(path(at, 'rule'), 'rule is not specified')];
  if (message && !said) return [invalid(field, message, 'message must be non-empty if specified')];
  if (/[\n\r]/.test(said)) return [invalid(field, message, 'message must not contain line breaks')];
  if (/[\n\r]/.test(rule.trim()) && !said)
    return [required(field, 'message must be specified if rule contains line breaks')];
  return [];
}
