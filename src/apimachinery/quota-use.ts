import type { Amounts } from './amounts.ts';
import type { KubeObject } from './object.ts';

/** A condition on the objects that a quota counts, as `spec.scopeSelector.matchExpressions` has it. */
export interface ScopeRequirement {
  readonly scopeName: string;
  /** `In`, `NotIn`, `Exists` or `DoesNotExist`. */
  readonly operator: string;
  readonly values?: readonly string[];
}

/**
 * What the objects of a kind use of resource quotas besides their own number (`count/<plural>.<group>`, which every kind
 * has). Declared by the kind; both admission and the quota controller read it.
 */
export interface QuotaUse<T extends KubeObject = any> {
  /** Whether `resource` (a key of `spec.hard`) is one that these objects use. */
  covers(resource: string): boolean;
  /** What one object uses. `now` is in milliseconds. */
  use(object: T, now: number): Amounts;
  /** Through which subresources changes are charged; empty for the object itself. Default: none, only creations are. */
  readonly chargedUpdates?: readonly string[];
  /** Whether the object meets a condition. Default: it meets none. */
  inScope?(object: T, scope: ScopeRequirement): boolean;
  /** Why the object cannot be counted in these resources: `must specify limits.cpu for: web`. */
  shortcoming?(object: T, resources: readonly string[]): string | undefined;
}
