import type { OpenAPIV3 } from 'openapi-types';
import type { FieldValues } from '../../api/definitions.ts';
import type { Schema } from '../../apimachinery/schema/schema.ts';
import { DEFINITIONS } from './reachable.ts';

export type SchemaV3 = OpenAPIV3.SchemaObject | OpenAPIV3.ReferenceObject;

/** `#/components/schemas/` */
export const COMPONENTS = '#/components/schemas/';

/** Types that accept more than OpenAPI 2 could say. */
const wider: Readonly<Record<string, OpenAPIV3.SchemaObject>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { oneOf: [{ type: 'string' }, { type: 'number' }] },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
};

/** Facts of one definition's fields that OpenAPI 2 has no words for. */
type ValuesOf = Readonly<Record<string, FieldValues>>;

/** A definition in the form of OpenAPI 3, with what `values` knows of its fields. */
export function v3Schema(name: string, schema: Schema, values: ValuesOf = {}): SchemaV3 {
  if (Object.hasOwn(wider, name))
    return { ...(schema.description && { description: schema.description }), ...wider[name] };
  const { properties, ...rest } = schema;
  if (!properties) return schemaObject(rest);
  const fields = Object.entries(properties).map(([field, one]) => [field, schemaObject(one, values[field])]);
  return { ...schemaObject(rest), properties: Object.fromEntries(fields) };
}

/** A reference may not have siblings, so one that has any is wrapped. Without a description, clients show its target's. */
function schemaObject(schema: Schema, values: FieldValues = {}): SchemaV3 {
  const { $ref, items, properties, additionalProperties, ...bare } = schema;
  const { items: ofItems, additionalProperties: ofRest, ...own } = values;
  const rest = { ...bare, ...own };
  if ($ref) return reference($ref, rest);
  const object = { ...rest } as OpenAPIV3.SchemaObject;
  if (properties) object.properties = mapValues(properties, (one) => schemaObject(one));
  if (items) (object as OpenAPIV3.ArraySchemaObject).items = schemaObject(items, ofItems);
  if (additionalProperties !== undefined) {
    object.additionalProperties =
      typeof additionalProperties === 'object'
        ? schemaObject(additionalProperties, ofRest as FieldValues | undefined)
        : additionalProperties;
  }
  return object;
}

function reference($ref: string, rest: Partial<Schema>): SchemaV3 {
  const target = { $ref: COMPONENTS + $ref.slice(DEFINITIONS.length) };
  return Object.keys(rest).length > 0 ? ({ ...rest, allOf: [target] } as OpenAPIV3.SchemaObject) : target;
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
