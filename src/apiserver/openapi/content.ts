import type { Kind } from '../../apimachinery/kind.ts';
import type { Definitions, Schema } from '../../apimachinery/schema/schema.ts';
import { withMissing } from './missing.ts';
import { kindOperations, type Operation } from './operations.ts';
import { reachable } from './reachable.ts';
import { subresourceOperations } from './subresource-operations.ts';

/** What Kubernetes adds to an operation. */
export interface OperationExtensions {
  'x-kubernetes-action': string;
  'x-kubernetes-group-version-kind': { group: string; version: string; kind: string };
}

/**
 * What a document is about, in either version of OpenAPI: all that can be done with objects of `kinds`, and `more`. Kind by
 * kind, because with hundreds of them all at once takes long.
 */
export class Content {
  readonly #kinds: readonly Kind[];
  readonly #definitions: Definitions;
  readonly #more: readonly Operation[];
  readonly #roots = new Set<string>();

  constructor(kinds: readonly Kind[], definitions: Definitions, more: readonly Operation[] = []) {
    this.#kinds = kinds;
    this.#definitions = definitions;
    this.#more = more;
  }

  /** The operations of each path. */
  *paths(): Generator<[string, Operation[]]> {
    yield* this.#byPath(this.#more);
    for (const kind of this.#kinds) yield* this.#byPath([...kindOperations(kind), ...subresourceOperations(kind)]);
  }

  /** All that the operations refer to, by name: to be asked for when the paths have been gone through. */
  schemas(): ReadonlyMap<string, Schema> {
    return reachable(withMissing(this.#definitions, this.#kinds), this.#roots);
  }

  #byPath(operations: readonly Operation[]): [string, Operation[]][] {
    for (const { body, response } of operations) {
      if (body) this.#roots.add(body);
      if (response) this.#roots.add(response);
    }
    return [...Map.groupBy(operations, (o) => o.path)].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

export function extensionsOf({ action, gvk }: Operation): Partial<OperationExtensions> {
  return {
    ...(action && { 'x-kubernetes-action': action }),
    ...(gvk && { 'x-kubernetes-group-version-kind': gvk }),
  };
}
