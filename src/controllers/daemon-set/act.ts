import type { DaemonSet } from '../../api/apps-v1/daemon-set.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import { isNamespaceEnding } from '../../client/namespace-ending.ts';
import type { Expectations } from '../expectations.ts';
import { createPod, deletePod } from '../pod-control.ts';
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
  const { key, set, hash, expectations, context } = writer;
  const control = { key, owner: set, client: context.client, events: context.events, expectations };
  const nodes = plan.create.slice(0, BURST);
  const removing = Promise.allSettled(plan.remove.slice(0, BURST).map((one) => deletePod(control, one)));
  const { error } = await slowStart(nodes.length, (i) => createPod(control, daemonFor(set, nodes[i]!, hash)));
  const failed = (await removing).find((result) => result.status === 'rejected');
  // What the writes bring wakes the next round: where all was refused there is nothing to wait for either.
  if (error && !isNamespaceEnding(error)) return { error };
  return failed && { error: failed.reason };
}
