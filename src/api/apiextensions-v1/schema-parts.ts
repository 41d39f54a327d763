import { keyPath, path } from '../../apimachinery/field-error.ts';
import { itemsOf, type JsonSchema } from './json-schema.ts';

/** A schema inside another, and the path that leads to it. */
export interface Part {
  readonly schema: JsonSchema;
  readonly at: string;
}

/** The schemas of named fields. */
export function fieldsOf(schema: JsonSchema, at: string): (Part & { name: string })[] {
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    schema: field,
    at: keyPath(path(at, 'properties'), name),
  }));
}

/** The schema of the values of a map, if that has one. */
export function valuesOf(schema: JsonSchema): JsonSchema | undefined {
  const { additionalProperties: values } = schema;
  return typeof values === 'object' && values !== null ? values : undefined;
}

/** The parts that only say more about values: below `allOf`, `anyOf`, `oneOf` and `not`. */
export function junctorsOf(schema: JsonSchema, at: string): Part[] {
  const lists = (['allOf', 'anyOf', 'oneOf'] as const).flatMap((name) =>
    (schema[name] ?? []).map((part, i) => ({ schema: part, at: path(at, name) + path(i) })),
  );
  return schema.not ? [...lists, { schema: schema.not, at: path(at, 'not') }] : lists;
}

/** Every schema directly below one, whatever it is for. */
export function allPartsOf(schema: JsonSchema, at: string): Part[] {
  const items = itemsOf(schema);
  const values = valuesOf(schema);
  return [
    ...(values ? [{ schema: values, at: path(at, 'additionalProperties') }] : []),
    ...fieldsOf(schema, at),
    ...junctorsOf(schema, at),
    ...(items ? [{ schema: items, at: path(at, 'items') }] : []),
  ];
}
