import {
  duplicate,
  forbidden,
  invalid,
  keyPath,
  path,
  required,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { oneOf, repeats } from '../meta-v1/checks.ts';
import { itemsOf, type JsonSchema } from './json-schema.ts';
import { validateExtensions } from './schema-extensions.ts';
import { validateDefault } from './schema-default.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** Keywords of JSON Schema that cost too much, or that nobody can prune or default by. */
const NOT_SUPPORTED = ['definitions', 'dependencies', 'patternProperties', 'id', '$ref', 'additionalItems'];

/** What only the structure itself may say, never a part below `allOf` and the like. */
const STRUCTURE_ONLY = [
  'type',
  'description',
  'title',
  'default',
  'nullable',
  'additionalProperties',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
];

/** Deeper than any author needs, and never deep enough to exhaust the stack. */
const DEEPEST = 200;

/** Where a schema stands in another, for messages. */
type Place = 'root' | 'field' | 'item' | 'value';

const WHERE: Readonly<Record<Place, string>> = {
  root: 'at the root',
  field: 'for specified object fields',
  item: 'for specified array items',
  value: 'for specified object fields with additionalProperties',
};

/** The rules of the schema of a custom resource: every value has one type, every field one place. */
export function validateSchema(schema: JsonSchema, at: string): FieldError[] {
  const errors = validateNode(schema, at, 'root', 0);
  if (schema.type !== undefined && schema.type !== '' && schema.type !== 'object') {
    errors.push(invalid(path(at, 'type'), schema.type, 'must be object at the root'));
  }
  return [...errors, ...validateMetadata(schema, at)];
}

function validateNode(schema: JsonSchema, at: string, place: Place, depth: number): FieldError[] {
  if (depth > DEEPEST) return [forbidden(at, `must not be nested more than ${DEEPEST} levels deep`)];
  return [
    ...validateType(schema, at, place),
    ...validateKeywords(schema, at),
    ...validateExtensions(schema, at),
    ...(schema.default === undefined ? [] : validateDefault(schema, path(at, 'default'))),
    ...children(schema, at).flatMap(([child, where, p]) => validateNode(child, where, p, depth + 1)),
    ...junctors(schema, at).flatMap(([part, where]) => validatePart(part, schema, where, depth + 1)),
  ];
}

function validateType(schema: JsonSchema, at: string, place: Place): FieldError[] {
  const { type } = schema;
  const field = path(at, 'type');
  if (!type) {
    const open =
      schema['x-kubernetes-int-or-string'] === true ||
      (schema['x-kubernetes-preserve-unknown-fields'] === true && place !== 'root');
    return open ? [] : [required(field, `must not be empty ${WHERE[place]}`)];
  }
  return oneOf(field, type, TYPES);
}

function validateKeywords(schema: JsonSchema, at: string): FieldError[] {
  const errors = NOT_SUPPORTED.filter((name) => isSet(schema[name])).map((name) =>
    forbidden(path(at, name), `${name} is not supported`),
  );
  if (schema.uniqueItems) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbidden(path(at, 'uniqueItems'), detail));
  }
  if (schema.additionalProperties === false) {
    errors.push(forbidden(path(at, 'additionalProperties'), 'additionalProperties cannot be set to false'));
  }
  if (schema.additionalProperties !== undefined && Object.keys(schema.properties ?? {}).length > 0) {
    const detail = 'additionalProperties and properties are mutual exclusive';
    errors.push(forbidden(path(at, 'additionalProperties'), detail));
  }
  if (Array.isArray(schema.items)) {
    errors.push(forbidden(path(at, 'items'), 'items must be a schema object and not an array'));
  } else if (schema.type === 'array' && !schema.items) errors.push(required(path(at, 'items'), 'must be specified'));
  return [...errors, ...validatePattern(schema, at), ...validateRequired(schema, at)];
}

function isSet(value: unknown): boolean {
  return Boolean(value) && !(typeof value === 'object' && Object.keys(value!).length === 0);
}

/** Patterns are Go's: what only that knows (flags in front, names of groups) is taken as it is. */
function validatePattern({ pattern }: JsonSchema, at: string): FieldError[] {
  if (!pattern) return [];
  try {
    RegExp(pattern.replaceAll(/\(\?[a-zA-Z]+\)/g, '').replaceAll('(?P<', '(?<'));
    return [];
  } catch (error) {
    const detail = `must be a valid regular expression, but isn't: ${(error as Error).message}`;
    return [invalid(path(at, 'pattern'), pattern, detail)];
  }
}

function validateRequired({ required: names = [] }: JsonSchema, at: string): FieldError[] {
  const again = repeats(names);
  return names.flatMap((name, i) => (again(i) ? [duplicate(path(at, 'required') + path(i), name)] : []));
}

function children(schema: JsonSchema, at: string): [JsonSchema, string, Place][] {
  const { properties = {}, additionalProperties: values } = schema;
  const items = itemsOf(schema);
  return [
    ...(items ? [[items, path(at, 'items'), 'item'] as [JsonSchema, string, Place]] : []),
    ...Object.entries(properties).map(([name, child]): [JsonSchema, string, Place] => [
      child,
      keyPath(path(at, 'properties'), name),
      'field',
    ]),
    ...(typeof values === 'object'
      ? [[values, path(at, 'additionalProperties'), 'value'] as [JsonSchema, string, Place]]
      : []),
  ];
}

/** The parts that only say more about values: below `allOf`, `anyOf`, `oneOf` and `not`. */
function junctors(schema: JsonSchema, at: string): [JsonSchema, string][] {
  const lists = (['allOf', 'anyOf', 'oneOf'] as const).flatMap((name) =>
    (schema[name] ?? []).map((part, i): [JsonSchema, string] => [part, path(at, name) + path(i)]),
  );
  return schema.not ? [...lists, [schema.not, path(at, 'not')]] : lists;
}

/** The two forms of "a number or a text", which may name types. */
function isIntOrString(schema: JsonSchema, parent: JsonSchema): boolean {
  return parent['x-kubernetes-int-or-string'] === true && (schema.type === 'integer' || schema.type === 'string');
}

function validatePart(part: JsonSchema, structure: JsonSchema, at: string, depth: number): FieldError[] {
  if (depth > DEEPEST) return [forbidden(at, `must not be nested more than ${DEEPEST} levels deep`)];
  const errors = STRUCTURE_ONLY.filter(
    (name) => isSet(part[name]) && !(name === 'type' && isIntOrString(part, structure)),
  ).map((name) => forbidden(path(at, name), 'must be empty to be structural'));
  const items = itemsOf(part);
  for (const [name, child] of Object.entries(part.properties ?? {})) {
    const where = keyPath(path(at, 'properties'), name);
    const named =
      structure.properties && Object.hasOwn(structure.properties, name) ? structure.properties[name] : undefined;
    if (named) errors.push(...validatePart(child, named, where, depth + 1));
    else if (typeof structure.additionalProperties !== 'object') {
      errors.push(required(keyPath(path(rootOf(at), 'properties'), name), `because it is defined in ${where}`));
    }
  }
  if (items) errors.push(...validatePart(items, itemsOf(structure) ?? {}, path(at, 'items'), depth + 1));
  const parts = junctors(part, at).flatMap(([child, where]) => validatePart(child, structure, where, depth + 1));
  return [...errors, ...validatePattern(part, at), ...parts];
}

/** The place of the structure of which a part speaks. */
function rootOf(at: string): string {
  return at.replace(/\.(?:allOf|anyOf|oneOf)\[[0-9]+\](?:\.properties\[[^\]]*\])*$|\.not$/, '');
}

/** The server itself knows what metadata is; a schema may only say more about names. */
function validateMetadata(schema: JsonSchema, at: string): FieldError[] {
  const metadata = schema.properties?.['metadata'];
  if (!metadata) return [];
  const field = keyPath(path(at, 'properties'), 'metadata');
  const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
  const allowed = new Set(['type', 'properties', 'description', 'title', 'required']);
  const more = Object.keys(metadata).some((name) => !allowed.has(name) && isSet(metadata[name]));
  const fields = Object.keys(metadata.properties ?? {}).some((name) => name !== 'name' && name !== 'generateName');
  return more || fields ? [forbidden(field, detail)] : [];
}
