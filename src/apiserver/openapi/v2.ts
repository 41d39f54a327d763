import type { OpenAPIV2 } from 'openapi-types';
import type { Kind } from '../../apimachinery/kind.ts';
import type { Definitions } from '../../apimachinery/schema/schema.ts';
import { withMissing } from './missing.ts';
import { operationsOf, type Operation } from './operations.ts';
import { pathParameters, queryParameters } from './query-parameters.ts';
import { DEFINITIONS, reachable } from './reachable.ts';
import type { OperationExtensions } from './v3.ts';

const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/** The document of all groups in the form of OpenAPI 2. Our definitions have that form already. */
export function v2Document(
  kinds: readonly Kind[],
  definitions: Definitions,
  serverVersion: string,
): OpenAPIV2.Document<OperationExtensions> {
  const operations = kinds.flatMap(operationsOf);
  const roots = operations.flatMap((o) => [o.body, o.response].filter((name) => name !== undefined));
  const schemas = reachable(withMissing(definitions, kinds), roots);
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: serverVersion },
    paths: pathsOf(operations),
    definitions: Object.fromEntries(schemas) as OpenAPIV2.DefinitionsObject,
    securityDefinitions: {
      BearerToken: { type: 'apiKey', description: 'Bearer Token authentication', name: 'authorization', in: 'header' },
    },
    security: [{ BearerToken: [] }],
  };
}

function pathsOf(operations: readonly Operation[]): OpenAPIV2.PathsObject<OperationExtensions> {
  const paths: OpenAPIV2.PathsObject<OperationExtensions> = {};
  for (const operation of operations.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const item = (paths[operation.path] ??= { parameters: itemParameters(operation) });
    Object.assign(item, { [operation.method]: operationObject(operation) });
  }
  return paths;
}

function itemParameters(operation: Operation): OpenAPIV2.Parameters {
  const inPath = operation.pathParameters.map((name) => {
    return { name, in: 'path', description: pathParameters[name]!, required: true, type: 'string', uniqueItems: true };
  });
  return [...inPath, queryParameter('pretty')];
}

function queryParameter(name: string): OpenAPIV2.Parameter {
  return { name, in: 'query', ...queryParameters[name]!, uniqueItems: true };
}

function operationObject(operation: Operation): OpenAPIV2.OperationObject<OperationExtensions> {
  const { action, body, method, response } = operation;
  const bodyParameter = body && {
    name: 'body',
    in: 'body',
    required: method !== 'delete',
    schema: { $ref: DEFINITIONS + body },
  };
  const schema = response ? { $ref: DEFINITIONS + response } : { type: 'string' };
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.id,
    schemes: ['https'],
    consumes: method === 'patch' ? PATCH_TYPES : ['*/*'],
    produces: ['application/json', 'application/yaml', ...(action === 'list' ? ['application/json;stream=watch'] : [])],
    parameters: [...(bodyParameter ? [bodyParameter] : []), ...operation.queryParameters.map(queryParameter)],
    responses: {
      [method === 'post' ? '201' : '200']: { description: 'OK', schema },
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': operation.gvk,
  };
}
