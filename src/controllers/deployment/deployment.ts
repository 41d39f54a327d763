import { deployment as deploymentKind, type Deployment } from '../../api/apps-v1/deployment.ts';
import { replicaSet, type ReplicaSet } from '../../api/apps-v1/replica-set.ts';
import { pod, type Pod } from '../../api/core-v1/pod.ts';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import { controllerOf, keyOf } from '../../apimachinery/object.ts';
import { controller, type ClusterReader, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { candidatesOf, claim, orphanIndex, orphanNamespace, planClaims } from '../claim.ts';
import { withCondition } from '../conditions.ts';
import { isPodTerminal } from '../pod-state.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { withoutZeros } from '../without-zeros.ts';
import { isRollingUpdate, wantedReplicas } from './limits.ts';
import { Memory, type Round } from './memory.ts';
import { ensureNewSet, sortSets, syncNewSet, type Rollout } from './new-set.ts';
import { expiredSets, revisionOf, sizeAnnotations } from './revisions.ts';
import { planResize, planRollingStep, planStopOld, sizeOf, wasResized, type Scaling, type Sets } from './scaling.ts';
import {
  countedStatus,
  isComplete,
  pauseCondition,
  rolloutStatus,
  untilOverdue,
  type DeploymentStatus,
} from './status.ts';
import { unlessGone } from '../unless-gone.ts';

/** Moves the pods of each Deployment from one template to the next by scaling replica sets. */
export const deploymentController: Controller = {
  name: 'deployment-controller',
  start(dependencies) {
    const memory = new Memory();
    return controller<Deployment>({
      name: 'deployment-controller',
      for: deploymentKind,
      owns: [replicaSet],
      watches: [
        { kind: replicaSet, indexes: { [orphanIndex]: orphanNamespace }, keys: orphanKeys },
        { kind: pod, keys: recreatedKeys },
      ],
      workers: 5,
      reconcile: (key, context) => reconcile(key, context, memory),
    }).start(dependencies);
  },
};

/** The deployments that might adopt a replica set that nobody controls. */
function orphanKeys(set: ReplicaSet, reader: ClusterReader): string[] {
  if (controllerOf(set) || !set.metadata.labels) return [];
  const selects = (one: Deployment) => selectorFromObject(one.spec?.selector).matches(set.metadata.labels);
  return reader.list(deploymentKind, set.metadata.namespace).filter(selects).map(keyOf);
}

/** The deployment that waits for its old pods to be gone. */
function recreatedKeys(changed: Pod, reader: ClusterReader): string[] {
  const { namespace } = changed.metadata;
  const setRef = controllerOf(changed);
  if (setRef?.kind !== replicaSet.kind) return [];
  const set = reader.get(replicaSet, { namespace, name: setRef.name });
  const owner = set && controllerOf(set);
  if (owner?.kind !== deploymentKind.kind) return [];
  const found = reader.get(deploymentKind, { namespace, name: owner.name });
  return found && !isRollingUpdate(found) ? [keyOf(found)] : [];
}

async function reconcile(key: string, given: ReconcileContext, memory: Memory): Promise<void | { after: number }> {
  const { reader, client, clock, events } = given;
  const stored = reader.get(deploymentKind, key);
  if (!stored?.spec) return memory.forget(key);
  if (memory.deployments.isStale(key, stored)) return undefined;
  const selector = selectorFromObject(stored.spec.selector);
  if (selector.empty) {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.';
    return events.event(stored, 'Warning', 'SelectingAll', message);
  }
  const claims = planClaims(stored, selector, candidatesOf(reader, replicaSet, stored));
  const all = await claim(client, replicaSet, deploymentKind, stored, claims);
  const context: Round = { ...given, written: memory.sets.of(key) };
  if (all.some((set) => context.written.isStale(set.metadata.uid, set))) return undefined;
  const deployment = withPauseCondition(stored, clock.now());
  const sets = sortSets(deployment, all);
  const { rollout, status } = await proceed({ deployment, sets }, context);
  memory.deployments.written(key, await writeStatus(stored, rollout.deployment, status, context));
  const after = untilOverdue(rollout.deployment, status, clock.now());
  return after === undefined ? undefined : { after };
}

function withPauseCondition(deployment: Deployment, now: number): Deployment {
  const next = deployment.metadata.deletionTimestamp ? undefined : pauseCondition(deployment, now);
  if (!next) return deployment;
  const conditions = withCondition(deployment.status?.conditions, next);
  return { ...deployment, status: { ...deployment.status, conditions } };
}

interface Outcome {
  readonly rollout: Rollout;
  readonly status: DeploymentStatus;
}

/** Takes the next step and says what the status is then. */
async function proceed(rollout: Rollout, context: Round): Promise<Outcome> {
  const { deployment, sets } = rollout;
  const now = context.clock.now();
  if (deployment.metadata.deletionTimestamp) return { rollout, status: countedStatus(deployment, sets, now) };
  const all = [...sets.old, ...(sets.current ? [sets.current] : [])];
  if (deployment.spec?.paused || wasResized(deployment, all)) return resize(rollout, context);
  const next = isRollingUpdate(deployment) ? await rollingUpdate(rollout, context) : await recreate(rollout, context);
  return { rollout: next, status: rolloutStatus(next.deployment, next.sets, now) };
}

async function resize(rollout: Rollout, context: Round): Promise<Outcome> {
  const { deployment, sets } = await syncNewSet(rollout, context);
  const scaled = await scaleAll(deployment, sets, planResize(deployment, sets), context);
  if (deployment.spec?.paused) await cleanUp(deployment, scaled.old, context);
  const status = countedStatus(deployment, scaled, context.clock.now());
  return { rollout: { deployment, sets: scaled }, status };
}

async function rollingUpdate(rollout: Rollout, context: Round): Promise<Rollout> {
  const { deployment, sets } = await ensureNewSet(rollout, context);
  const step = planRollingStep(deployment, sets);
  const scaled = await scaleAll(deployment, sets, step, context);
  if (step.length === 0) await cleanUpWhenDone(deployment, scaled, context);
  return { deployment, sets: scaled };
}

async function recreate(rollout: Rollout, context: Round): Promise<Rollout> {
  const known = await syncNewSet(rollout, context);
  const stop = planStopOld(known.sets.old);
  if (stop.length > 0) {
    return { ...known, sets: await scaleAll(known.deployment, known.sets, stop, context) };
  }
  if (hasRunningPods(context.reader, known.sets.old)) return known;
  const { deployment, sets } = await ensureNewSet(known, context);
  const replicas = wantedReplicas(deployment);
  const grow = sets.current && sizeOf(sets.current) !== replicas ? [{ set: sets.current, replicas }] : [];
  const scaled = await scaleAll(deployment, sets, grow, context);
  await cleanUpWhenDone(deployment, scaled, context);
  return { deployment, sets: scaled };
}

function hasRunningPods(reader: ClusterReader, sets: readonly ReplicaSet[]): boolean {
  return sets.some(
    (set) => set.status?.replicas || reader.ownedBy(pod, set.metadata.uid).some((one) => !isPodTerminal(one)),
  );
}

/** Carries out `scalings` and returns the sets as they are then. */
async function scaleAll(
  deployment: Deployment,
  sets: Sets,
  scalings: readonly Scaling[],
  context: Round,
): Promise<Sets> {
  const scaled = new Map<ReplicaSet, ReplicaSet>();
  const latest = (set: ReplicaSet) => scaled.get(set) ?? set;
  for (const { set, replicas } of scalings) {
    scaled.set(set, await scale(deployment, { set: latest(set), replicas }, context));
  }
  return { current: sets.current && latest(sets.current), old: sets.old.map(latest) };
}

async function scale(
  deployment: Deployment,
  { set, replicas }: Scaling,
  { client, events, written }: Round,
): Promise<ReplicaSet> {
  const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) };
  const size = sizeOf(set);
  if (size === replicas && semanticEqual(annotations, set.metadata.annotations)) return set;
  const scaled = await client.update(replicaSet, {
    ...set,
    metadata: { ...set.metadata, annotations },
    spec: { ...set.spec!, replicas },
  });
  written.written(set.metadata.uid, scaled);
  if (size !== replicas) {
    const way = replicas > size ? 'up' : 'down';
    const message = `Scaled ${way} replica set ${set.metadata.name} from ${size} to ${replicas}`;
    events.event(deployment, 'Normal', 'ScalingReplicaSet', message);
  }
  return scaled;
}

async function cleanUpWhenDone(deployment: Deployment, sets: Sets, context: Round): Promise<void> {
  const status = countedStatus(deployment, sets, context.clock.now());
  if (isComplete(deployment, status)) await cleanUp(deployment, sets.old, context);
}

async function cleanUp(deployment: Deployment, old: readonly ReplicaSet[], { client, written }: Round): Promise<void> {
  for (const set of expiredSets(deployment, old)) {
    await unlessGone(client.delete(replicaSet, set.metadata, { preconditions: { uid: set.metadata.uid } }));
    written.forget(set.metadata.uid);
  }
}

/** `stored` is what the server has, `latest` with the revision that it is to be given. */
async function writeStatus(
  stored: Deployment,
  latest: Deployment,
  next: DeploymentStatus,
  { client }: ReconcileContext,
): Promise<Deployment> {
  const status = withoutZeros(next, ['terminatingReplicas']);
  if (semanticEqual(status, stored.status) && revisionOf(latest) === revisionOf(stored)) return stored;
  return (await unlessGone(client.updateStatus(deploymentKind, { ...latest, status }))) ?? stored;
}
