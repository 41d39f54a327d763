import type { OpenAPIV3 } from 'openapi-types';
import type { AllFieldValues, FieldValues } from '../../api/definitions.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { Definitions, Schema } from '../../apimachinery/schema/schema.ts';
import { operationsOf, type Operation } from './operations.ts';
import { pathParameters, queryParameters } from './query-parameters.ts';
import { DEFINITIONS, reachable } from './reachable.ts';
import { withMissing } from './missing.ts';

/** What Kubernetes adds to an operation. */
export interface OperationExtensions {
  'x-kubernetes-action': string;
  'x-kubernetes-group-version-kind': { group: string; version: string; kind: string };
}

type SchemaV3 = OpenAPIV3.SchemaObject | OpenAPIV3.ReferenceObject;

const COMPONENTS = '#/components/schemas/';
const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/** Types that accept more than OpenAPI 2 could say. */
const wider: Readonly<Record<string, OpenAPIV3.SchemaObject>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { oneOf: [{ type: 'string' }, { type: 'number' }] },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
};

/** The document of one group and version. `kinds` are all of it. */
export function v3Document(
  kinds: readonly Kind[],
  definitions: Definitions,
  serverVersion: string,
  values: AllFieldValues = {},
): OpenAPIV3.Document<OperationExtensions> {
  const operations = kinds.flatMap(operationsOf);
  const all = withMissing(definitions, kinds);
  const roots = operations.flatMap((o) => [o.body, o.response].filter((name) => name !== undefined));
  const schemas = [...reachable(all, roots)].map(([name, schema]) => [name, definition(name, schema, values[name])]);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: serverVersion },
    paths: pathsOf(operations),
    components: {
      schemas: Object.fromEntries(schemas) as Record<string, OpenAPIV3.SchemaObject>,
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          description: 'Bearer Token authentication',
          name: 'authorization',
          in: 'header',
        },
      },
    },
  };
}

function pathsOf(operations: readonly Operation[]): OpenAPIV3.PathsObject<OperationExtensions> {
  const paths: OpenAPIV3.PathsObject<OperationExtensions> = {};
  for (const operation of operations.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const item = (paths[operation.path] ??= { parameters: itemParameters(operation) });
    Object.assign(item, { [operation.method]: operationObject(operation) });
  }
  return paths;
}

function itemParameters(operation: Operation): OpenAPIV3.ParameterObject[] {
  const inPath = operation.pathParameters.map((name): OpenAPIV3.ParameterObject => {
    return {
      name,
      in: 'path',
      description: pathParameters[name]!,
      required: true,
      schema: { type: 'string', uniqueItems: true },
    };
  });
  return [...inPath, queryParameter('pretty')];
}

function queryParameter(name: string): OpenAPIV3.ParameterObject {
  const { type, description } = queryParameters[name]!;
  return { name, in: 'query', description, schema: { type, uniqueItems: true } };
}

function operationObject(operation: Operation): OpenAPIV3.OperationObject<OperationExtensions> {
  const body = operation.body && { schema: { $ref: COMPONENTS + operation.body } };
  const types = operation.method === 'patch' ? PATCH_TYPES : ['*/*'];
  const ok = operation.method === 'post' ? '201' : '200';
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.id,
    parameters: operation.queryParameters.map(queryParameter),
    ...(body && {
      requestBody: {
        required: operation.method !== 'delete',
        content: Object.fromEntries(types.map((t) => [t, body])),
      },
    }),
    responses: { [ok]: responseObject(operation), '401': { description: 'Unauthorized' } },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.gvk,
  };
}

function responseObject({ action, response }: Operation): OpenAPIV3.ResponseObject {
  if (!response) return { description: 'OK', content: { '*/*': { schema: { type: 'string' } } } };
  const schema = { schema: { $ref: COMPONENTS + response } };
  const types = [
    'application/json',
    'application/yaml',
    ...(action === 'list' ? ['application/json;stream=watch'] : []),
  ];
  return { description: 'OK', content: Object.fromEntries(types.map((type) => [type, schema])) };
}

/** Facts of one definition's fields that OpenAPI 2 has no words for. */
type ValuesOf = Readonly<Record<string, FieldValues>>;

function definition(name: string, schema: Schema, values: ValuesOf = {}): SchemaV3 {
  if (Object.hasOwn(wider, name))
    return { ...(schema.description && { description: schema.description }), ...wider[name] };
  const { properties } = schema;
  if (!properties) return schemaObject(schema);
  const fields = Object.entries(properties).map(([field, one]) => [field, schemaObject(one, values[field])]);
  return { ...schemaObject(without(schema)), properties: Object.fromEntries(fields) };
}

function without({ properties: _, ...schema }: Schema): Schema {
  return schema;
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
