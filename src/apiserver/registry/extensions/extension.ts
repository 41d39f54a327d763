import type { Kind } from '../../../apimachinery/kind.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

/** Gives back what was reserved for a write that did not happen. */
export type Undo = () => void;

/**
 * What one kind needs of the registry beyond what its declaration says: because it takes from a pool, or because other
 * things hang on its life. Objects may be changed in the `before` steps only.
 */
export interface RegistryExtension<T extends KubeObject = any> {
  readonly kind: Kind<T>;
  /** Makes the extension ready. */
  start?(): Promise<void>;
  stop?(): Promise<void>;
  /** Completes a valid object before it is stored. @throws ApiError */
  beforeCreate?(object: T, dryRun: boolean): Promise<Undo | void>;
  /** The same for a change. Runs once per try. @throws ApiError */
  beforeUpdate?(object: T, old: T, dryRun: boolean): Promise<Undo | void>;
  /** Told of every object that was stored, with its revision. */
  stored?(object: T, revision: number): void;
  /** Told of every object that was removed, with the revision of its removal. */
  removed?(object: T, revision: number): void;
  /** Changes an object that is being marked as deleted. */
  markDeleted?(object: T): void;
  /** Whether a deleted object has to stay although it has no finalizers. */
  holds?(object: T): boolean;
}
