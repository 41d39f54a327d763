import { statefulSet, type StatefulSet } from '../../api/apps-v1/stateful-set.ts';
import { ApiError } from '../../apimachinery/api-error.ts';
import type { Client } from '../../client/client.ts';

/** Makes sure that a set is still what it was when work on it began. Asks the server once, however often it is called. */
export type CurrentCheck = () => Promise<void>;

/**
 * A copy that lags behind must not remove pods, and with them perhaps data, by a size or a template that is history.
 * @returns what throws Conflict when the set changed, was replaced, or is being deleted; NotFound when it is gone
 */
export function currentCheck(client: Client, set: StatefulSet): CurrentCheck {
  let asked: Promise<void> | undefined;
  return () => (asked ??= check(client, set));
}

async function check(client: Client, set: StatefulSet): Promise<void> {
  const { metadata } = await client.get(statefulSet, set.metadata);
  const same = metadata.uid === set.metadata.uid && metadata.generation === set.metadata.generation;
  if (same && !metadata.deletionTimestamp) return;
  throw new ApiError(409, 'Conflict', `stateful set ${metadata.name} has changed: what it needs is planned anew`);
}
