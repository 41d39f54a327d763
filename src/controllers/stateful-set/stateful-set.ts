import { controllerRevision, type ControllerRevision } from '../../api/apps-v1/controller-revision.ts';
import { statefulSet, type StatefulSet } from '../../api/apps-v1/stateful-set.ts';
import {
  persistentVolumeClaim as claimKind,
  type PersistentVolumeClaim,
} from '../../api/core-v1/persistent-volume-claim.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import { controllerOf, keyOf } from '../../apimachinery/object.ts';
import type { Client } from '../../client/client.ts';
import { controller, type ClusterReader, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { candidatesOf, claim, orphanIndex, orphanNamespace, planClaims } from '../claim.ts';
import { Expectations, PATIENCE } from '../expectations.ts';
import {
  claimRevisions,
  deleteRevisions,
  ensureRevision,
  watchOrphanRevisions,
  type CurrentRevision,
} from '../history/history.ts';
import { expiredRevisions, planRevision, revisionHashLabel } from '../history/revisions.ts';
import { templateOf } from '../history/template-patch.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { withoutZeros } from '../without-zeros.ts';
import { WrittenVersions } from '../written-versions.ts';
import { carryOut, type NamedTemplate } from './act.ts';
import { currentCheck, type CurrentCheck } from './current-check.ts';
import { claimTemplates, isMember, parsePodName, revisionOf } from './identity.ts';
import { planSet } from './plan.ts';
import { nextAvailable } from './replicas.ts';
import { statefulSetStatus, type RevisionNames } from './status.ts';
import { unlessGone } from '../unless-gone.ts';
import { WrittenPods } from './written-pods.ts';

const selectorOf = (set: StatefulSet) => selectorFromObject(set.spec?.selector);

/** Keeps pods with lasting names and volumes for each StatefulSet. */
export const statefulSetController: Controller = {
  name: 'statefulset-controller',
  start(dependencies) {
    const memory: Memory = { expectations: new Expectations(dependencies.clock), versions: new WrittenVersions() };
    return controller<StatefulSet>({
      name: 'statefulset-controller',
      for: statefulSet,
      owns: [podKind, controllerRevision],
      watches: [
        {
          kind: podKind,
          indexes: { [orphanIndex]: orphanNamespace },
          keys: (pod: Pod, reader) => podKeys(pod, reader, memory.expectations),
        },
        { kind: claimKind, keys: claimKeys },
        watchOrphanRevisions(statefulSet, selectorOf),
      ],
      workers: 5,
      reconcile: (key, context) => reconcile(key, context, memory),
    }).start(dependencies);
  },
};

/** Notes that a pod was seen, and finds the set that has pods of such a name: it may adopt this one, or wait for the name. */
function podKeys(pod: Pod, reader: ClusterReader, expectations: Expectations): string[] {
  const { namespace, name, uid } = pod.metadata;
  const owner = controllerOf(pod);
  if (owner?.kind === statefulSet.kind) expectations.seen(keyOf({ namespace, name: owner.name }), uid);
  const parent = parsePodName(name)?.parent;
  const key = parent && keyOf({ namespace, name: parent });
  return key && reader.get(statefulSet, key) ? [key] : [];
}

/** The sets whose claims have such a name. */
function claimKeys({ metadata }: PersistentVolumeClaim, reader: ClusterReader): string[] {
  const front = parsePodName(metadata.name)?.parent;
  if (!front) return [];
  const has = (set: StatefulSet) =>
    claimTemplates(set).some((template) => `${template.metadata?.name}-${set.metadata.name}` === front);
  return reader.list(statefulSet, metadata.namespace).filter(has).map(keyOf);
}

/** What the controller remembers between two rounds. */
interface Memory {
  readonly expectations: Expectations;
  readonly versions: WrittenVersions;
}

function forget(key: string, { expectations, versions }: Memory): void {
  expectations.forget(key);
  versions.forget(key);
}

async function reconcile(key: string, context: ReconcileContext, memory: Memory): Promise<void | { after: number }> {
  const { reader, client, clock } = context;
  const set = reader.get(statefulSet, key);
  if (!set) return forget(key, memory);
  if (memory.versions.isStale(key, set)) return;
  // Asked before the pods are read: what the copy learns while we claim would not be among them.
  const unseen = memory.expectations.pending(key, (pod) => reader.get(podKind, keyOf(pod)));
  if (unseen > 0) return { after: PATIENCE };
  const selector = selectorOf(set);
  const revisions = await claimRevisions(reader, client, statefulSet, set, selector);
  const candidates = candidatesOf(reader, podKind, set);
  const claims = planClaims(set, selector, candidates, (pod) => isMember(set, pod));
  const pods = await claim(client, podKind, statefulSet, set, claims);
  const assertCurrent = currentCheck(client, set);
  const known = await knownRevisions(set, revisions, context, assertCurrent);
  const acted = known && (await act(set, known, pods, context, memory.expectations, assertCurrent));
  const written = await writeStatus(set, known ? namesOf(known) : lastNames(set), acted?.pods ?? pods, context);
  memory.versions.written(key, written);
  const failure = acted?.failure;
  if (failure) throw failure;
  const outdated = known ? expired(set, known, revisions, pods) : [];
  if (outdated.length > 0) await assertCurrent().then(() => deleteRevisions(client, outdated));
  const after = nextAvailable(set, pods, clock.now());
  return after === undefined ? undefined : { after };
}

/** The revision that a set comes from and the one it goes to. */
interface Revisions {
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  readonly collisionCount: number;
}

/** Undefined for a set that is being deleted: nothing new is made for it. */
async function knownRevisions(
  set: StatefulSet,
  revisions: readonly ControllerRevision[],
  { client }: ReconcileContext,
  assertCurrent: CurrentCheck,
): Promise<Revisions | undefined> {
  if (set.metadata.deletionTimestamp) return undefined;
  const newest = await newestRevision(set, revisions, client, assertCurrent);
  const current = await currentRevision(set, revisions, newest.revision, client);
  return { current, update: newest.revision, collisionCount: newest.collisionCount };
}

/** The revision that keeps the set's template. */
async function newestRevision(
  set: StatefulSet,
  revisions: readonly ControllerRevision[],
  client: Client,
  assertCurrent: CurrentCheck,
): Promise<CurrentRevision> {
  const { collisionCount = 0 } = set.status ?? {};
  const step = planRevision(set, revisions);
  if ('is' in step) return { revision: step.is, collisionCount };
  await assertCurrent();
  const snapshot = { workload: set, kind: statefulSet, hashLabel: revisionHashLabel };
  return ensureRevision(client, snapshot, revisions, collisionCount);
}

/**
 * The revision that the set comes from. Pods below the partition are made of it: that the local copy does not show it yet
 * is not reason enough to forget it.
 */
async function currentRevision(
  set: StatefulSet,
  revisions: readonly ControllerRevision[],
  update: ControllerRevision,
  client: Client,
): Promise<ControllerRevision> {
  const name = set.status?.currentRevision;
  if (!name || name === update.metadata.name) return update;
  const listed = revisions.find((revision) => revision.metadata.name === name);
  const { namespace } = set.metadata;
  return listed ?? (await client.find(controllerRevision, { namespace, name })) ?? update;
}

/** Takes the next steps. Returns what went wrong, and the pods as they are then. */
async function act(
  set: StatefulSet,
  revisions: Revisions,
  pods: readonly Pod[],
  context: ReconcileContext,
  expectations: Expectations,
  assertCurrent: CurrentCheck,
): Promise<{ failure: unknown; pods: readonly Pod[] }> {
  const { reader, clock } = context;
  const { namespace } = set.metadata;
  const current = named(set, revisions.current);
  const update = named(set, revisions.update);
  const claimOf = (name: string) => reader.get(claimKind, { namespace, name });
  const view = { set, current: current.name, update: update.name, pods, claim: claimOf, now: clock.now() };
  const written = new WrittenPods();
  const actor = { set, current, update, context, assertCurrent, expectations, written };
  const failure = await carryOut(actor, planSet(view));
  return { failure, pods: written.appliedTo(pods) };
}

function named(set: StatefulSet, revision: ControllerRevision): NamedTemplate {
  return { name: revision.metadata.name, template: templateOf(revision) ?? set.spec!.template };
}

function namesOf({ current, update, collisionCount }: Revisions): RevisionNames {
  return { current: current.metadata.name, update: update.metadata.name, collisionCount };
}

function lastNames({ status }: StatefulSet): RevisionNames {
  const { currentRevision: current = '', updateRevision: update = '', collisionCount = 0 } = status ?? {};
  return { current, update, collisionCount };
}

function expired(
  set: StatefulSet,
  known: Revisions,
  revisions: readonly ControllerRevision[],
  pods: readonly Pod[],
): ControllerRevision[] {
  const live = new Set([known.current.metadata.name, known.update.metadata.name, ...pods.map(revisionOf)]);
  return expiredRevisions(revisions, ({ metadata }) => live.has(metadata.name), set.spec?.revisionHistoryLimit ?? 10);
}

async function writeStatus(
  set: StatefulSet,
  names: RevisionNames,
  pods: readonly Pod[],
  { client, clock }: ReconcileContext,
): Promise<StatefulSet> {
  const next = statefulSetStatus(set, names, pods, clock.now());
  const status = withoutZeros(next, ['replicas', 'availableReplicas', 'collisionCount']);
  if (semanticEqual(status, set.status)) return set;
  return (await unlessGone(client.updateStatus(statefulSet, { ...set, status }))) ?? set;
}
