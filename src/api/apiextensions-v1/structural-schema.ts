import { forbidden, invalid, keyPath, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { goPatternError } from './go-pattern.ts';
import { itemsOf, type JsonSchema } from './json-schema.ts';
import { validateDefaults } from './schema-default.ts';
import { validateKeywords } from './schema-keywords.ts';
import { allPartsOf, fieldsOf, junctorsOf, valuesOf } from './schema-parts.ts';
import { validateRootOfStatus } from './schema-root.ts';

/** What only the structure itself may say, never a part below `allOf` and the like, and what it must be instead. */
const STRUCTURE_ONLY: readonly (readonly [name: string, mustBe: 'empty' | 'undefined' | 'false'])[] = [
  ['type', 'empty'],
  ['additionalProperties', 'undefined'],
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  ['x-kubernetes-preserve-unknown-fields', 'false'],
  ['x-kubernetes-embedded-resource', 'false'],
  ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
];

/** Keywords without which nothing can be said about a schema's structure. */
const OPAQUE = ['id', '$schema', '$ref', 'patternProperties', 'dependencies', 'additionalItems', 'definitions'];

/** Where a schema stands in another, for messages. */
type Place = 'root' | 'field' | 'item';

const WHERE: Readonly<Record<Place, string>> = {
  root: 'at the root',
  field: 'for specified object fields',
  item: 'for specified array items',
};

/**
 * The rules of the schema of a custom resource: every value has one type, every field one place, every default fits.
 * @param status whether objects have a status of its own, which narrows what the root may say
 */
export function validateSchema(schema: JsonSchema, at: string, status = false): FieldError[] {
  const errors = [...(status ? validateRootOfStatus(schema, at) : []), ...validateKeywords(schema, at)];
  if (schema.nullable) errors.push(forbidden(path(at, 'nullable'), 'nullable cannot be true at the root'));
  const opaque = errors.some((e) => e.message.includes('levels deep')) ? 'depth' : opaqueKeyword(schema);
  if (opaque !== undefined) {
    if (errors.length > 0) return errors;
    return [invalid(at, '', `OpenAPIV3Schema '${opaque.replace('$schema', 'schema')}' is not supported`)];
  }
  const structural = [...validateStructure(schema, at, 'root'), ...validateCompleteness(schema, schema, at, at)];
  return [...errors, ...(structural.length > 0 ? structural : validateDefaults(schema, at))];
}

/** The first keyword that hides the structure, wherever it stands. */
function opaqueKeyword(schema: JsonSchema): string | undefined {
  const open = [schema];
  for (let node = open.pop(); node; node = open.pop()) {
    const found = OPAQUE.find((name) => isSet(node[name]) || (name === 'additionalItems' && node[name] === false));
    if (found) return found;
    if (Array.isArray(node.items) && node.items.length > 0) return 'items';
    if (node['x-kubernetes-preserve-unknown-fields'] === false) return 'x-kubernetes-preserve-unknown-fields';
    open.push(...allPartsOf(node, '').map((part) => part.schema));
  }
  return undefined;
}

function isSet(value: unknown): boolean {
  return Boolean(value) && !(typeof value === 'object' && Object.keys(value!).length === 0);
}

function validateStructure(schema: JsonSchema, at: string, place: Place): FieldError[] {
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  return [
    ...(schema.type === 'array' && !items ? [required(path(at, 'items'), 'must be specified')] : []),
    ...(items ? validateStructure(items, path(at, 'items'), 'item') : []),
    ...fieldsOf(schema, at).flatMap((field) => validateStructure(field.schema, field.at, 'field')),
    ...(values ? validateStructure(values, path(at, 'additionalProperties'), 'field') : []),
    ...validateType(schema, at, place),
    ...validateCombinations(schema, at, place),
    ...validateIdentity(schema, at, place),
    ...validateValues(schema, at),
  ];
}

function validateType(schema: JsonSchema, at: string, place: Place): FieldError[] {
  const { type } = schema;
  const field = path(at, 'type');
  if (schema['x-kubernetes-embedded-resource'] && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    return [type ? invalid(field, type, detail) : required(field, detail)];
  }
  const open = schema['x-kubernetes-int-or-string'] || schema['x-kubernetes-preserve-unknown-fields'];
  if (!type) return open ? [] : [required(field, `must not be empty ${WHERE[place]}`)];
  return place === 'root' && type !== 'object' ? [invalid(field, type, 'must be object at the root')] : [];
}

/** What does not go together, or not at this place. */
function validateCombinations(schema: JsonSchema, at: string, place: Place): FieldError[] {
  const errors: FieldError[] = [];
  const either = schema['x-kubernetes-int-or-string'];
  const values = path(at, 'additionalProperties');
  const more = schema.additionalProperties !== undefined;
  if (more && place === 'root') errors.push(forbidden(values, 'must not be used at the root'));
  for (const name of ['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const) {
    if (either && schema[name])
      errors.push(invalid(path(at, name), true, 'must be false if x-kubernetes-int-or-string is true'));
  }
  if (!schema['x-kubernetes-embedded-resource']) return errors;
  if (more) errors.push(forbidden(values, 'must not be used if x-kubernetes-embedded-resource is set'));
  if (!schema['x-kubernetes-preserve-unknown-fields'] && Object.keys(schema.properties ?? {}).length === 0) {
    const detail =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
    errors.push(required(path(at, 'properties'), detail));
  }
  return errors;
}

/** The server itself knows what objects have in common; a schema may only say more about names. */
function validateIdentity(schema: JsonSchema, at: string, place: Place): FieldError[] {
  if (place !== 'root' && !schema['x-kubernetes-embedded-resource']) return [];
  const types = { kind: 'string', apiVersion: 'string', metadata: 'object' };
  const fields = fieldsOf(schema, at);
  const errors = fields.flatMap(({ name, schema: { type = '' }, at: where }) => {
    const expected = Object.hasOwn(types, name) ? types[name as keyof typeof types] : type;
    return type === expected ? [] : [invalid(path(where, 'type'), type, `must be ${expected}`)];
  });
  const metadata = fields.find(({ name }) => name === 'metadata');
  if (place !== 'root' || !metadata || saysNamesOnly(metadata.schema)) return errors;
  const detail = 'must not specify anything other than name and generateName, but metadata is implicitly specified';
  return [...errors, forbidden(metadata.at, detail)];
}

function saysNamesOnly(metadata: JsonSchema): boolean {
  const more = Object.keys(metadata).some(
    (name) => !['type', 'properties', 'default'].includes(name) && (isSet(metadata[name]) || metadata[name] === 0),
  );
  const names = Object.keys(metadata.properties ?? {});
  return !more && names.every((name) => name === 'name' || name === 'generateName');
}

/** The two forms of "a number or a text", which alone may name types: directly, or first in `allOf`. */
function saysIntOrString(parts: readonly JsonSchema[] | undefined): boolean {
  return JSON.stringify(parts) === '[{"type":"integer"},{"type":"string"}]';
}

function validateValues(schema: JsonSchema, at: string, typed = saysIntOrString(schema.anyOf)): FieldError[] {
  const typedFirst = saysIntOrString(schema.allOf?.[0]?.anyOf);
  const errors = junctorsOf(schema, at).flatMap((part) => {
    if (typed && part.at.startsWith(path(at, 'anyOf'))) return [];
    return validatePart(part.schema, part.at, typedFirst && part.at === path(at, 'allOf') + path(0));
  });
  const wrong = schema.pattern && goPatternError(schema.pattern);
  if (!wrong) return errors;
  const detail = `must be a valid regular expression, but isn't: ${wrong}`;
  return [...errors, invalid(path(at, 'pattern'), schema.pattern, detail)];
}

function validatePart(part: JsonSchema, at: string, typed = false): FieldError[] {
  const items = itemsOf(part);
  const there = (name: string) =>
    name === 'additionalProperties' || name === 'default' || /-(?:list|map)-type$/.test(name)
      ? part[name] !== undefined && part[name] !== null
      : isSet(part[name]);
  const metadata = part.properties && Object.hasOwn(part.properties, 'metadata');
  return [
    ...validateValues(part, at, typed),
    ...(items ? validatePart(items, path(at, 'items')) : []),
    ...fieldsOf(part, at).flatMap((field) => validatePart(field.schema, field.at)),
    ...STRUCTURE_ONLY.filter(([name]) => there(name)).map(([name, mustBe]) =>
      forbidden(path(at, name), `must be ${mustBe} to be structural`),
    ),
    ...(metadata
      ? [forbidden(keyPath(path(at, 'properties'), 'metadata'), 'must not be specified in a nested context')]
      : []),
  ];
}

/** What parts speak of stands in the structure too. */
function validateCompleteness(part: JsonSchema, structure: JsonSchema, at: string, partAt: string): FieldError[] {
  return junctorsOf(part, partAt).flatMap((junctor) => validateSpokenOf(junctor.schema, structure, at, junctor.at));
}

function validateSpokenOf(
  part: JsonSchema,
  structure: JsonSchema | undefined,
  at: string,
  partAt: string,
): FieldError[] {
  if (!structure) return [required(at, `because it is defined in ${partAt}`)];
  const items = itemsOf(part);
  return [
    ...validateCompleteness(part, structure, at, partAt),
    ...(items ? validateSpokenOf(items, itemsOf(structure), path(at, 'items'), path(partAt, 'items')) : []),
    ...fieldsOf(part, partAt).flatMap((field) => {
      const { properties = {} } = structure;
      const known = Object.hasOwn(properties, field.name) ? properties[field.name] : undefined;
      return validateSpokenOf(field.schema, known, keyPath(path(at, 'properties'), field.name), field.at);
    }),
  ];
}
