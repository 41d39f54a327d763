import { isApiError } from '../../../apimachinery/api-error.ts';
import type { Kind } from '../../../apimachinery/kind.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';

/**
 * What was taken from a pool for a write. One of the two is called, unless it is open whether the write was done;
 * neither fails.
 */
export interface Reservation {
  /** The write is done: what the object no longer needs goes back. */
  commit(): Promise<void>;
  /** The write did not happen: all goes back. */
  undo(): Promise<void>;
}

/** Which made-up objects are wanted: both are empty where all are. */
export interface ComputedQuery {
  readonly namespace: string;
  readonly name: string;
}

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
  beforeCreate?(object: T, dryRun: boolean): Promise<Reservation | void>;
  /** The same for a change. Runs once per try. @throws ApiError */
  beforeUpdate?(object: T, old: T, dryRun: boolean): Promise<Reservation | void>;
  /** Gives back what an object held that was removed. Must not fail. */
  removed?(object: T): Promise<void>;
  /** Changes an object that is being marked as deleted. */
  markDeleted?(object: T): void;
  /** The objects of a kind that is not stored but made up whenever somebody asks; at least those that are asked for. */
  computed?(wanted: ComputedQuery): Promise<T[]>;
  /** Whether a deleted object has to stay although it has no finalizers. */
  holds?(object: T): boolean;
}

/** Whether a write that failed so may have been done all the same; what it took must then not be given to others. */
export function mayBeWritten(error: unknown): boolean {
  return isApiError(error, 'Timeout', 'ServiceUnavailable');
}
