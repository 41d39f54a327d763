import { forbidden, invalid, notSupported, path, type FieldError } from '../../apimachinery/field-error.ts';
import { itemsOf, type JsonSchema } from './json-schema.ts';
import { validateExtensions } from './schema-extensions.ts';
import { fieldsOf, junctorsOf, valuesOf } from './schema-parts.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
/** Keywords of JSON Schema that cost too much, or that nobody can prune or default by. */
const NOT_SUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const;
/** What the server itself knows of every object. */
const IDENTITY = ['metadata', 'apiVersion', 'kind'];
/** Deeper than any author needs, and never deep enough to exhaust the stack. */
const DEEPEST = 200;

/** Where a schema stands, as far as it matters for what it may say. */
interface Place {
  readonly root: boolean;
  /** Inside the metadata (or type) of an object. */
  readonly insideMetadata: boolean;
  /** Why there may be no defaults, if so. */
  readonly noDefaults: string;
  readonly depth: number;
}

/** The rules of single keywords, in every part of the schema of a custom resource. */
export function validateKeywords(schema: JsonSchema, at: string): FieldError[] {
  return validateAll(schema, at, { root: true, insideMetadata: false, noDefaults: '', depth: 0 });
}

function validateAll(schema: JsonSchema, at: string, place: Place): FieldError[] {
  if (place.depth > DEEPEST) return [forbidden(at, `must not be nested more than ${DEEPEST} levels deep`)];
  const below = { ...place, root: false, depth: place.depth + 1 };
  const values = valuesOf(schema);
  const items = itemsOf(schema);
  const inMap = place.insideMetadata ? 'inside additionalProperties applying to object metadata' : place.noDefaults;
  return [
    ...validateNode(schema, at, place),
    ...validateExtensions(schema, at),
    ...(values ? validateAll(values, path(at, 'additionalProperties'), { ...below, noDefaults: inMap }) : []),
    ...fieldsOf(schema, at).flatMap((field) => validateAll(field.schema, field.at, placeOf(field.name, schema, place))),
    ...junctorsOf(schema, at).flatMap((part) => validateAll(part.schema, part.at, below)),
    ...(items ? validateAll(items, path(at, 'items'), below) : []),
  ];
}

function placeOf(name: string, schema: JsonSchema, place: Place): Place {
  const identity = (place.root || schema['x-kubernetes-embedded-resource'] === true) && IDENTITY.includes(name);
  return {
    root: false,
    insideMetadata: place.insideMetadata || identity,
    noDefaults: identity && place.root ? `in top-level ${name}` : place.noDefaults,
    depth: place.depth + 1,
  };
}

function validateNode(schema: JsonSchema, at: string, place: Place): FieldError[] {
  const errors: FieldError[] = [];
  const forbid = (name: string, detail: string) => errors.push(forbidden(path(at, name), detail));
  if (schema.type && !TYPES.includes(schema.type)) errors.push(notSupported(path(at, 'type'), schema.type, TYPES));
  if (schema.type === 'null') forbid('type', 'type cannot be set to null, use nullable as an alternative');
  if (schema.default !== undefined && place.noDefaults) forbid('default', `must not be set ${place.noDefaults}`);
  for (const name of NOT_SUPPORTED) if (isThere(name, schema[name])) forbid(name, `${name} is not supported`);
  if (Array.isArray(schema.items) && schema.items.length > 0)
    forbid('items', 'items must be a schema object and not an array');
  if (place.insideMetadata && schema['x-kubernetes-embedded-resource'])
    forbid('x-kubernetes-embedded-resource', 'must not be used inside of resource meta');
  if (schema.uniqueItems)
    forbid('uniqueItems', 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic');
  const both = schema.additionalProperties !== undefined && Object.keys(schema.properties ?? {}).length > 0;
  if (both && schema.additionalProperties !== true)
    forbid('additionalProperties', 'additionalProperties and properties are mutual exclusive');
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalid(path(at, 'x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'));
  return errors;
}

/** An empty map or text says nothing; that there are no additional items, or a reference to nothing, does. */
function isThere(name: string, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (name === 'additionalItems' || name === '$ref' || name === 'dependencies') return true;
  return typeof value === 'object' ? Object.keys(value).length > 0 : Boolean(value);
}
