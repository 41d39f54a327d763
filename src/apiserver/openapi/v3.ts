import type { OpenAPIV3 } from 'openapi-types';
import type { AllFieldValues } from '../../api/definitions.ts';
import type { Schema } from '../../apimachinery/schema/schema.ts';
import { extensionsOf, type Content, type OperationExtensions } from './content.ts';
import { PATCH_TYPES, type Operation } from './operations.ts';
import { jsonHead, jsonObject } from './pieces.ts';
import { pathParameters, queryParameters } from './query-parameters.ts';
import { phrases } from './v2.ts';
import { COMPONENTS, v3Schema, type SchemaV3 } from './v3-schema.ts';

type PathItem = OpenAPIV3.PathItemObject<OperationExtensions>;

export const securitySchemes = {
  BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' },
};

/** What a document in the form of OpenAPI 3 begins with. */
export function v3Head(serverVersion: string) {
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: serverVersion } };
}

/** The document in JSON, piece by piece. */
export function* v3Json(content: Content, serverVersion: string, values: AllFieldValues): Generator<string> {
  yield `${jsonHead(v3Head(serverVersion))},"paths":`;
  yield* jsonObject(v3Paths(content));
  yield ',"components":{"schemas":';
  yield* jsonObject(v3Schemas(content.schemas(), values));
  yield `,"securitySchemes":${JSON.stringify(securitySchemes)}}}`;
}

export function* v3Schemas(
  schemas: ReadonlyMap<string, Schema>,
  values: AllFieldValues,
): Generator<[string, SchemaV3]> {
  for (const [name, schema] of schemas) yield [name, v3Schema(name, schema, values[name])];
}

export function* v3Paths(content: Content): Generator<[string, PathItem]> {
  for (const [path, together] of content.paths()) {
    const item: PathItem = {};
    for (const operation of together) Object.assign(item, { [operation.method]: operationObject(operation) });
    const parameters = itemParameters(together[0]!);
    yield [path, parameters.length > 0 ? { ...item, parameters } : item];
  }
}

function itemParameters({ pathParameters: names, gvk, action }: Operation): OpenAPIV3.ParameterObject[] {
  const inPath = names.map((name): OpenAPIV3.ParameterObject => {
    const schema = { type: 'string', uniqueItems: true } as const;
    return { name, in: 'path', description: pathParameters[name]!, required: true, schema };
  });
  return gvk && action !== 'connect' ? [...inPath, queryParameter('pretty')] : inPath;
}

function queryParameter(name: string): OpenAPIV3.ParameterObject {
  const { type, description } = queryParameters[name]!;
  return { name, in: 'query', description, schema: { type, uniqueItems: true } };
}

function operationObject(operation: Operation): OpenAPIV3.OperationObject<Partial<OperationExtensions>> {
  const body = operation.body && { schema: { $ref: COMPONENTS + operation.body } };
  const types = operation.method === 'patch' ? PATCH_TYPES : ['*/*'];
  const response = responseContent(operation);
  const responses = operation.codes.map((code) => [code, { description: phrases[code]!, content: response }]);
  const parameters = operation.queryParameters.map(queryParameter);
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.id,
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: operation.method !== 'delete',
        content: Object.fromEntries(types.map((t) => [t, body])),
      },
    }),
    responses: { ...Object.fromEntries(responses), '401': { description: 'Unauthorized' } },
    ...extensionsOf(operation),
  };
}

function responseContent({ response, produces }: Operation): Record<string, OpenAPIV3.MediaTypeObject> {
  const schema: SchemaV3 = response ? { $ref: COMPONENTS + response } : { type: 'string' };
  return Object.fromEntries(produces.map((type) => [type, { schema }]));
}
