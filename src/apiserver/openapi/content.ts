import type { Kind } from '../../apimachinery/kind.ts';
import type { Definitions, Schema } from '../../apimachinery/schema/schema.ts';
import { kindOperations, type Operation } from './operations.ts';
import { reachable } from './reachable.ts';
import { subresourceOperations } from './subresource-operations.ts';
import { withMissing } from './missing.ts';

/** What a document is about, in either version of OpenAPI. */
export interface Content {
  readonly operations: readonly Operation[];
  /** All that the operations refer to, by name. */
  readonly schemas: ReadonlyMap<string, Schema>;
}

/** What Kubernetes adds to an operation. */
export interface OperationExtensions {
  'x-kubernetes-action': string;
  'x-kubernetes-group-version-kind': { group: string; version: string; kind: string };
}

/** All that can be done with objects of `kinds`, and `more`. */
export function contentOf(kinds: readonly Kind[], definitions: Definitions, more: readonly Operation[] = []): Content {
  const operations = [...more, ...kinds.flatMap((kind) => [...kindOperations(kind), ...subresourceOperations(kind)])];
  const roots = operations.flatMap((o) => [o.body, o.response].filter((name) => name !== undefined));
  return { operations, schemas: reachable(withMissing(definitions, kinds), roots) };
}

/** The operations of each path, in the order of paths. */
export function byPath(operations: readonly Operation[]): [string, Operation[]][] {
  return Object.entries(Object.groupBy(operations, (o) => o.path) as Record<string, Operation[]>).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
}

export function extensionsOf({ action, gvk }: Operation): Partial<OperationExtensions> {
  return {
    ...(action && { 'x-kubernetes-action': action }),
    ...(gvk && { 'x-kubernetes-group-version-kind': gvk }),
  };
}
