import type { Kind } from '../../apimachinery/kind.ts';
import { apiVersionOf } from '../../apimachinery/object.ts';
import type { Definitions, Schema } from '../../apimachinery/schema/schema.ts';
import { DEFINITIONS } from './reachable.ts';
import { listDefinition } from './operations.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** `definitions`, and for kinds that it does not know a schema that allows everything; for their lists likewise. */
export function withMissing(definitions: Definitions, kinds: readonly Kind[]): Definitions {
  const added = new Map<string, Schema>();
  for (const kind of kinds) {
    if (!definitions.get(kind.definition)) added.set(kind.definition, anyObject(kind));
    if (!definitions.get(listDefinition(kind))) added.set(listDefinition(kind), listOf(kind));
  }
  if (added.size === 0) return definitions;
  return {
    get: (name) => definitions.get(name) ?? added.get(name),
    names: () => new Set([...definitions.names(), ...added.keys()]),
  };
}

function anyObject({ group, version, kind }: Kind): Schema {
  return {
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    'x-kubernetes-group-version-kind': [{ group, kind, version }],
  };
}

function listOf(kind: Kind): Schema {
  const { group, version } = kind;
  return {
    description: `${kind.kind}List is a list of ${kind.kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string', description: `Always ${apiVersionOf(kind)}.` },
      items: { type: 'array', items: { $ref: DEFINITIONS + kind.definition }, description: `List of ${kind.plural}.` },
      kind: { type: 'string', description: `Always ${kind.kind}List.` },
      metadata: { $ref: `${DEFINITIONS}${META}.ListMeta` },
    },
    'x-kubernetes-group-version-kind': [{ group, kind: `${kind.kind}List`, version }],
  };
}
