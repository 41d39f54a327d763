import { itemsOf, type JsonSchema } from './json-schema.ts';

/** Formats that are checked, or that at least mean something to clients. */
const KNOWN = new Set([
  'bsonobjectid',
  'uri',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'cidr',
  'mac',
  'uuid',
  'uuid3',
  'uuid4',
  'uuid5',
  'isbn',
  'isbn10',
  'isbn13',
  'creditcard',
  'ssn',
  'hexcolor',
  'rgbcolor',
  'byte',
  'password',
  'date',
  'duration',
  'datetime',
  'date-time',
  'int32',
  'int64',
  'float',
  'double',
  'k8s-short-name',
  'k8s-long-name',
]);

/** A sentence for each format that nothing will be checked by, once. */
export function formatWarnings(schemas: readonly (JsonSchema | undefined)[]): string[] {
  const found = new Set<string>();
  const open = schemas.filter((schema) => schema !== undefined);
  for (let schema = open.pop(); schema; schema = open.pop()) {
    if (schema.format && !KNOWN.has(schema.format)) found.add(schema.format);
    open.push(...parts(schema));
  }
  return [...found].sort().map((format) => `unrecognized format ${JSON.stringify(format)}`);
}

function parts(schema: JsonSchema): JsonSchema[] {
  const items = itemsOf(schema);
  const { additionalProperties: values, not } = schema;
  return [
    ...Object.values(schema.properties ?? {}),
    ...(items ? [items] : []),
    ...(typeof values === 'object' ? [values] : []),
    ...(['allOf', 'anyOf', 'oneOf'] as const).flatMap((name) => schema[name] ?? []),
    ...(not ? [not] : []),
  ];
}
