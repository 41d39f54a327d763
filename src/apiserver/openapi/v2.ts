import type { OpenAPIV2 } from 'openapi-types';
import type { Schema } from '../../apimachinery/schema/schema.ts';
import { PATCH_TYPES, type Operation } from './operations.ts';
import { jsonHead, jsonObject } from './pieces.ts';
import { pathParameters, queryParameters } from './query-parameters.ts';
import { DEFINITIONS } from './reachable.ts';
import { extensionsOf, type Content, type OperationExtensions } from './content.ts';

type PathItem = OpenAPIV2.PathItemObject<OperationExtensions>;

const security = {
  securityDefinitions: {
    BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' },
  },
  security: [{ BearerToken: [] }],
};

/** What a document in the form of OpenAPI 2 begins with. */
export function v2Head(serverVersion: string) {
  return { swagger: '2.0', info: { title: 'Kubernetes', version: serverVersion } };
}

/** The document in JSON, piece by piece. */
export function* v2Json(content: Content, serverVersion: string): Generator<string> {
  yield `${jsonHead(v2Head(serverVersion))},"paths":`;
  yield* jsonObject(v2Paths(content));
  yield ',"definitions":';
  yield* jsonObject(v2Definitions(content.schemas()));
  yield `,${JSON.stringify(security).slice(1)}`;
}

/** Our definitions have the form of OpenAPI 2 already. */
export function* v2Definitions(schemas: ReadonlyMap<string, Schema>): Generator<[string, Schema]> {
  yield* schemas;
}

export function* v2Paths(content: Content): Generator<[string, PathItem]> {
  for (const [path, together] of content.paths()) {
    const item: PathItem = {};
    for (const operation of together) Object.assign(item, { [operation.method]: operationObject(operation) });
    const parameters = itemParameters(together[0]!);
    yield [path, parameters.length > 0 ? { ...item, parameters } : item];
  }
}

function itemParameters({ pathParameters: names, gvk, action }: Operation): OpenAPIV2.Parameters {
  const inPath = names.map((name) => {
    return { name, in: 'path', description: pathParameters[name]!, required: true, type: 'string', uniqueItems: true };
  });
  return gvk && action !== 'connect' ? [...inPath, queryParameter('pretty')] : inPath;
}

function queryParameter(name: string): OpenAPIV2.Parameter {
  return { name, in: 'query', ...queryParameters[name]!, uniqueItems: true };
}

function operationObject(operation: Operation): OpenAPIV2.OperationObject<Partial<OperationExtensions>> {
  const { body, method, response, codes } = operation;
  const bodyParameter = body && {
    name: 'body',
    in: 'body',
    required: method !== 'delete',
    schema: { $ref: DEFINITIONS + body },
  };
  const parameters = [...(bodyParameter ? [bodyParameter] : []), ...operation.queryParameters.map(queryParameter)];
  const schema = response ? { $ref: DEFINITIONS + response } : { type: 'string' };
  const responses = codes.map((code) => [code, { description: phrases[code]!, schema }]);
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.id,
    schemes: ['https'],
    consumes: method === 'patch' && body ? PATCH_TYPES : ['*/*'],
    produces: [...operation.produces],
    ...(parameters.length > 0 && { parameters }),
    responses: { ...Object.fromEntries(responses), '401': { description: 'Unauthorized' } },
    ...extensionsOf(operation),
  };
}

/** What statuses of success mean. */
export const phrases: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };
