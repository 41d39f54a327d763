import type { Definitions, Schema } from '../../apimachinery/schema/schema.ts';

/** `#/definitions/` */
export const DEFINITIONS = '#/definitions/';

/** The schemas called `roots` and all that they refer to, by name in alphabetical order. Unknown names are left out. */
export function reachable(definitions: Definitions, roots: Iterable<string>): Map<string, Schema> {
  const found = new Map<string, Schema>();
  const open = [...roots];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const schema = found.has(name) ? undefined : definitions.get(name);
    if (!schema) continue;
    found.set(name, schema);
    open.push(...references(schema));
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function* references(schema: Schema): Generator<string> {
  if (schema.$ref) yield schema.$ref.slice(DEFINITIONS.length);
  if (schema.items) yield* references(schema.items);
  if (typeof schema.additionalProperties === 'object') yield* references(schema.additionalProperties);
  for (const property of Object.values(schema.properties ?? {})) yield* references(property);
}
