import { compare, type Comparison } from './compare.ts';
import type { ApplyScope } from './scope.ts';

/** What a change looks like in the versions in which managers own fields, each computed when first asked for. */
export class VersionChanges {
  readonly #scope: ApplyScope;
  readonly #old: object;
  readonly #updated: object;
  readonly #known = new Map<string, Comparison | undefined>();

  constructor(scope: ApplyScope, old: object, updated: object) {
    this.#scope = scope;
    this.#old = old;
    this.#updated = updated;
  }

  /** The change in that version; undefined when the kind has no such version. */
  in(apiVersion: string): Comparison | undefined {
    if (!this.#known.has(apiVersion)) this.#known.set(apiVersion, this.#compare(apiVersion));
    return this.#known.get(apiVersion);
  }

  #compare(apiVersion: string): Comparison | undefined {
    const scope = this.#scope;
    const view = apiVersion === scope.apiVersion ? scope : scope.version(apiVersion);
    if (!view) return undefined;
    return compare(view.convert(this.#old), view.convert(this.#updated), view.type, scope.skip);
  }
}
