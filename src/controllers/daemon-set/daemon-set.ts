import { controllerRevision } from '../../api/apps-v1/controller-revision.ts';
import { daemonSet, type DaemonSet } from '../../api/apps-v1/daemon-set.ts';
import { node as nodeKind, type Node } from '../../api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import { controllerOf, keyOf } from '../../apimachinery/object.ts';
import { controller, type ClusterReader, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { candidatesOf, claim, orphanIndex, orphanNamespace, planClaims } from '../claim.ts';
import { Expectations, PATIENCE } from '../expectations.ts';
import { watchOrphanRevisions } from '../history/history.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { withoutZeros } from '../without-zeros.ts';
import { WrittenVersions } from '../written-versions.ts';
import { carryOut, type Failure, type Writer } from './act.ts';
import { byNode, currency } from './daemons.ts';
import { removeEnded } from './ended.ts';
import { FailedDaemons } from './failed-daemons.ts';
import { isRollingUpdate } from './limits.ts';
import { Placements } from './placement.ts';
import { planPlacement, type Daemons } from './plan.ts';
import { cleanUpHistory, syncHistory, type History } from './revisions.ts';
import { planRollout } from './rollout.ts';
import { daemonSetStatus, untilAvailable } from './status.ts';
import { unlessGone } from '../unless-gone.ts';

const selectorOf = (set: DaemonSet) => selectorFromObject(set.spec?.selector);

/** What the controller remembers between two rounds. */
interface Memory {
  readonly expectations: Expectations;
  readonly failed: FailedDaemons;
  readonly placements: Placements;
  readonly versions: WrittenVersions;
}

/** Keeps a pod of each DaemonSet on every node that should have one. */
export const daemonSetController: Controller = {
  name: 'daemonset-controller',
  start(dependencies) {
    const { clock } = dependencies;
    const memory: Memory = {
      expectations: new Expectations(clock),
      failed: new FailedDaemons(clock),
      placements: new Placements(),
      versions: new WrittenVersions(),
    };
    return controller<DaemonSet>({
      name: 'daemonset-controller',
      for: daemonSet,
      owns: [podKind, controllerRevision],
      watches: [
        {
          kind: podKind,
          indexes: { [orphanIndex]: orphanNamespace },
          keys: (changed: Pod, reader) => podKeys(changed, reader, memory.expectations),
        },
        watchOrphanRevisions(daemonSet, selectorOf),
        { kind: nodeKind, keys: (_, reader) => reader.list(daemonSet).map(keyOf), concerns: placesAnew },
      ],
      workers: 2,
      reconcile: (key, context) => reconcile(key, context, memory),
    }).start(dependencies);
  },
};

/** Whether what placement looks at has changed: nodes report all the time. */
function placesAnew(now: Node, old: Node): boolean {
  return !semanticEqual(now.metadata.labels, old.metadata.labels) || !semanticEqual(now.spec?.taints, old.spec?.taints);
}

/** Notes that a pod was seen, and finds the sets that might adopt one that nobody controls. */
function podKeys(changed: Pod, reader: ClusterReader, expectations: Expectations): string[] {
  const owner = controllerOf(changed);
  const { namespace, uid, labels } = changed.metadata;
  if (owner) {
    if (owner.kind === daemonSet.kind) expectations.seen(keyOf({ namespace, name: owner.name }), uid);
    return [];
  }
  if (!labels) return [];
  return reader
    .list(daemonSet, namespace)
    .filter((set) => selectorOf(set).matches(labels))
    .map(keyOf);
}

async function reconcile(key: string, context: ReconcileContext, memory: Memory): Promise<void | { after: number }> {
  const { reader, events } = context;
  const set = reader.get(daemonSet, key);
  if (!set?.spec) {
    memory.failed.forget(key);
    memory.placements.forget(key);
    memory.versions.forget(key);
    return memory.expectations.forget(key);
  }
  if (selectorOf(set).empty) {
    const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
    return events.event(set, 'Warning', 'SelectingAll', message);
  }
  if (set.metadata.deletionTimestamp || memory.versions.isStale(key, set)) return;
  return sync(key, set, context, memory);
}

/** One round: adopt and release, note the template, place and replace daemons, and say how things are. */
async function sync(
  key: string,
  set: DaemonSet,
  context: ReconcileContext,
  memory: Memory,
): Promise<void | { after: number }> {
  const { reader, client, clock } = context;
  const settled = () => memory.expectations.pending(key, (object) => reader.get(podKind, keyOf(object))) === 0;
  // Asked before the pods are read: what the copy learns while we write would not be among them.
  const known = settled();
  const claims = planClaims(set, selectorOf(set), candidatesOf(reader, podKind, set));
  const pods = await claim(client, podKind, daemonSet, set, claims);
  const history = await syncHistory(set, selectorOf(set), pods, context);
  const { hash } = history;
  const nodes = reader.list(nodeKind);
  const placement = memory.placements.of(key, set);
  const daemons = { set, nodes, placement, byNode: byNode(history.pods), isCurrent: currency(set, hash) };
  const report = async (generation: number | undefined) =>
    memory.versions.written(key, await writeStatus(daemons, history, generation, context));
  if (!known) return report(set.status?.observedGeneration).then(() => ({ after: PATIENCE }));
  const writer = { key, set, hash, context, expectations: memory.expectations };
  const { failure, after } = await act(daemons, writer, memory);
  if (!failure && settled()) await cleanUpHistory(set, history, client);
  await report(set.metadata.generation);
  if (failure) throw failure.error;
  const waits = [after, untilAvailable(daemons, clock.now())].filter((one) => one !== undefined);
  return waits.length > 0 ? { after: Math.min(...waits) } : undefined;
}

interface Outcome {
  readonly failure?: Failure | undefined;
  /** Milliseconds until failed daemons may be removed. */
  readonly after?: number | undefined;
}

/** Places daemons; once all are placed, replaces those of old templates. */
async function act(daemons: Daemons, writer: Writer, { failed }: Memory): Promise<Outcome> {
  const now = writer.context.clock.now();
  const { create, remove, ended } = planPlacement(daemons, now);
  const removals = removeEnded(ended, writer, failed);
  const plan = { create, remove: [...remove, ...removals.remove] };
  const placed = plan.create.length + plan.remove.length === 0;
  if (placed && !isRollingUpdate(daemons.set)) return { after: removals.after };
  const failure = await carryOut(placed ? planRollout(daemons, now) : plan, writer);
  return { failure, after: removals.after };
}

async function writeStatus(
  daemons: Daemons,
  { collisionCount }: History,
  observedGeneration: number | undefined,
  { client, clock }: ReconcileContext,
): Promise<DaemonSet> {
  const { set } = daemons;
  const counts = withoutZeros(
    { ...daemonSetStatus(daemons, clock.now()), observedGeneration: observedGeneration ?? 0 },
    ['desiredNumberScheduled', 'currentNumberScheduled', 'numberMisscheduled', 'numberReady'],
  );
  const collided = collisionCount > 0 || set.status?.collisionCount !== undefined;
  const status = { ...counts, ...(collided && { collisionCount }) };
  if (semanticEqual(status, set.status)) return set;
  return (await unlessGone(client.updateStatus(daemonSet, { ...set, status }))) ?? set;
}
