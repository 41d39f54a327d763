import type { KubeObject, OwnerReference } from '../../apimachinery/object.ts';
import { foregroundFinalizer, orphanFinalizer } from './graph.ts';

/**
 * What became of an owner. `solid`: it is there. `absent`: it is gone. `waiting`: it is being deleted, but only after
 * its dependents. `unreachable`: it cannot be known (no such kind, or one that the dependent cannot refer to), so nothing is
 * concluded from it.
 */
export type OwnerState = 'solid' | 'absent' | 'waiting' | 'unreachable';

export type Propagation = 'Foreground' | 'Background' | 'Orphan';

/** What to do about an object that has owners. */
export type CollectAction =
  | { readonly do: 'nothing' }
  | { readonly do: 'setOwners'; readonly owners: OwnerReference[] }
  | { readonly do: 'delete'; readonly propagation: Propagation; readonly unblock: boolean };

/** What is known of an object's dependents. */
export interface Dependents {
  readonly any: boolean;
  /** One of them waits for its own dependents, and so perhaps for this very object. */
  readonly waiting: boolean;
}

/**
 * An object lives while it has an owner that lives; owners that do not are then struck from its list. Without one it
 * is deleted, in the way that its own finalizers ask for; if an owner waits for it, its dependents go before it.
 */
export function planCollection(
  object: KubeObject,
  states: readonly OwnerState[],
  dependents: Dependents,
): CollectAction {
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length === 0 || object.metadata.deletionTimestamp) return { do: 'nothing' };
  const living = owners.filter((_, i) => states[i] === 'solid' || states[i] === 'unreachable');
  if (living.length === owners.length) return { do: 'nothing' };
  if (living.length > 0) return { do: 'setOwners', owners: living };
  if (states.includes('waiting') && dependents.any) {
    return { do: 'delete', propagation: 'Foreground', unblock: dependents.waiting };
  }
  return { do: 'delete', propagation: propagationOf(object), unblock: false };
}

function propagationOf({ metadata: { finalizers = [] } }: KubeObject): Propagation {
  if (finalizers.includes(orphanFinalizer)) return 'Orphan';
  return finalizers.includes(foregroundFinalizer) ? 'Foreground' : 'Background';
}
