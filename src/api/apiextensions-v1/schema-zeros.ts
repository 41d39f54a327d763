import type { JsonSchema } from './json-schema.ts';
import { allPartsOf } from './schema-parts.ts';

/** Fields in which nothing, false and none are the same, so that they are not kept. */
const UNSET_WHEN_ZERO = [
  ...['id', '$schema', 'description', 'type', 'format', 'title', 'pattern', 'nullable', 'uniqueItems'],
  ...['exclusiveMinimum', 'exclusiveMaximum', 'x-kubernetes-embedded-resource', 'x-kubernetes-int-or-string'],
  ...['enum', 'required', 'allOf', 'oneOf', 'anyOf', 'x-kubernetes-list-map-keys', 'x-kubernetes-validations'],
  ...['properties', 'patternProperties', 'dependencies', 'definitions'],
];

/** Takes out of a schema, whatever its depth, what says nothing. */
export function dropZeros(schema: JsonSchema | undefined): void {
  const open = schema ? [schema] : [];
  for (let node = open.pop(); node; node = open.pop()) {
    for (const name of UNSET_WHEN_ZERO) if (saysNothing(node[name])) delete node[name];
    open.push(...allPartsOf(node, '').map((part) => part.schema));
  }
}

function saysNothing(value: unknown): boolean {
  if (value === undefined) return false;
  return !value || (typeof value === 'object' && Object.keys(value).length === 0);
}
