import type { DaemonSet } from '../../api/apps-v1/daemon-set.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { errorMessage } from '../../base/log.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import { isNamespaceEnding } from '../../client/namespace-ending.ts';
import type { Expectations } from '../expectations.ts';
import { slowStart } from '../slow-start.ts';
import { daemonFor } from './daemons.ts';
import type { DaemonPlan } from './plan.ts';

/** At most so many pods are made or removed in one go. */
const BURST = 250;

/** Who writes, for which set, and where it is noted what was written. */
export interface Writer {
  readonly key: string;
  readonly set: DaemonSet;
  /** The hash of its template. */
  readonly hash: string;
  readonly context: ReconcileContext;
  readonly expectations: Expectations;
}

/** What went wrong, as it was thrown. */
export interface Failure {
  readonly error: unknown;
}

/** Makes and removes pods, with an event for each. What is left over a burst waits for the next round. */
export async function carryOut(plan: DaemonPlan, writer: Writer): Promise<Failure | undefined> {
  const nodes = plan.create.slice(0, BURST);
  const removing = Promise.all(plan.remove.slice(0, BURST).map((one) => remove(one, writer)));
  const { error } = await slowStart(nodes.length, () => create(nodes.shift()!, writer));
  const failures = (await removing).filter((failure) => failure !== undefined);
  // What the writes bring wakes the next round: where all was refused there is nothing to wait for either.
  if (error && !isNamespaceEnding(error)) return { error };
  return failures[0];
}

async function create(node: string, { key, set, hash, context, expectations }: Writer): Promise<void> {
  const { client, events } = context;
  try {
    const created = await client.create(podKind, daemonFor(set, node, hash));
    expectations.created(key, created);
    events.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
  } catch (error) {
    if (!isNamespaceEnding(error)) {
      events.event(set, 'Warning', 'FailedCreate', `Error creating: ${errorMessage(error)}`);
    }
    throw error;
  }
}

async function remove(one: Pod, { key, set, context, expectations }: Writer): Promise<Failure | undefined> {
  const { client, events } = context;
  const { name, uid } = one.metadata;
  try {
    await client.delete(podKind, one.metadata, { preconditions: { uid } });
    events.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  } catch (error) {
    if (!isApiError(error, 'NotFound', 'Conflict')) {
      events.event(set, 'Warning', 'FailedDelete', `Error deleting: ${errorMessage(error)}`);
      return { error };
    }
  }
  expectations.deleted(key, one);
  return undefined;
}
