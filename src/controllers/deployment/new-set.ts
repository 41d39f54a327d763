import { deployment as deploymentKind, type Deployment } from '../../api/apps-v1/deployment.ts';
import { replicaSet, type ReplicaSet } from '../../api/apps-v1/replica-set.ts';
import { ApiError, isApiError } from '../../apimachinery/api-error.ts';
import { controllerOf, controllerRef, type New } from '../../apimachinery/object.ts';
import { errorMessage } from '../../base/log.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import { findCondition, withCondition } from '../conditions.ts';
import { isNamespaceEnding } from '../../client/namespace-ending.ts';
import { semanticEqual } from '../semantic-equal.ts';
import {
  findNewSet,
  newSetAnnotations,
  nextRevision,
  revisionAnnotation,
  revisionOf,
  sizeAnnotations,
} from './revisions.ts';
import { newSetSize, type Sets } from './scaling.ts';
import type { Round } from './memory.ts';
import { completeReason, condition, hasDeadline, type DeploymentCondition } from './status.ts';
import { hashLabel, sameTemplate, templateHash } from './template-hash.ts';

/** What a reconcile knows: the deployment with the status that it will have, and its replica sets. */
export interface Rollout {
  readonly deployment: Deployment;
  readonly sets: Sets;
}

/** Which of `all` runs the deployment's template. */
export function sortSets(deployment: Deployment, all: readonly ReplicaSet[]): Sets {
  const current = findNewSet(deployment, all);
  return { current, old: all.filter((set) => set !== current) };
}

/** The longest name that an object may have. */
const LONGEST_NAME = 253;

/** The name of the set for a template; a long name of the deployment is cut so that the hash has room. */
function setName({ metadata }: Deployment, hash: string): string {
  const room = LONGEST_NAME - hash.length - 1;
  const prefix = metadata.name.length > room ? metadata.name.slice(0, room).replace(/[-.]+$/, '') : metadata.name;
  return `${prefix}-${hash}`;
}

/** The replica set for the deployment's template, as it has to be created. */
export function newSet(deployment: Deployment, old: readonly ReplicaSet[], hash: string): New<ReplicaSet> {
  const { selector, template, minReadySeconds } = deployment.spec!;
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const annotations = newSetAnnotations(deployment, undefined, nextRevision(old));
  return {
    metadata: {
      name: setName(deployment, hash),
      namespace: deployment.metadata.namespace!,
      labels,
      annotations: { ...annotations, ...sizeAnnotations(deployment) },
      ownerReferences: [controllerRef(deployment, deploymentKind)],
    },
    spec: {
      replicas: newSetSize(deployment, old, 0),
      ...(minReadySeconds !== undefined && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** Brings revision and annotations of the new replica set and of the deployment up to date, if there is such a set. */
export async function syncNewSet(rollout: Rollout, context: Round): Promise<Rollout> {
  const { deployment, sets } = rollout;
  if (!sets.current) return rollout;
  const current = await updateNewSet(deployment, sets.current, sets.old, context);
  const noted = withRevision(deployment, revisionOf(current));
  const message = `Found new replica set "${current.metadata.name}"`;
  const found = condition('Progressing', 'True', 'FoundNewReplicaSet', message, context.clock.now());
  const next = speaksOf(noted, current) ? noted : withProgressing(noted, found);
  return { deployment: next, sets: { ...sets, current } };
}

/** Whether what the deployment says of its progress may be about this set: that another one is done is old news. */
function speaksOf(deployment: Deployment, { metadata }: ReplicaSet): boolean {
  const known = findCondition(deployment.status?.conditions, 'Progressing');
  return known !== undefined && (known.reason !== completeReason || !!known.message?.includes(`"${metadata.name}"`));
}

/**
 * Like `syncNewSet`, but makes the set when there is none.
 * @throws ApiError Conflict when its name is taken by another template: the next try uses another name
 */
export async function ensureNewSet(rollout: Rollout, context: Round): Promise<Rollout> {
  const { deployment, sets } = rollout;
  if (sets.current) return syncNewSet(rollout, context);
  const created = await createNewSet(deployment, sets.old, context);
  if (!created) return syncNewSet(await takenOver(rollout, context), context);
  const { name } = created.metadata;
  const size = created.spec?.replicas ?? 0;
  if (size > 0) {
    context.events.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${size}`);
  }
  const noted = withRevision(deployment, revisionOf(created));
  const message = `Created new replica set "${name}"`;
  const next = condition('Progressing', 'True', 'NewReplicaSetCreated', message, context.clock.now());
  return { deployment: withProgressing(noted, next), sets: { ...sets, current: created } };
}

/** Undefined when the name is taken. */
async function createNewSet(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  context: ReconcileContext,
): Promise<ReplicaSet | undefined> {
  const set = newSet(deployment, old, hashOf(deployment));
  try {
    return await context.client.create(replicaSet, set);
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) return undefined;
    await reportFailure(deployment, set.metadata.name!, error, context);
    throw error;
  }
}

function hashOf(deployment: Deployment): string {
  return templateHash(deployment.spec!.template, deployment.status?.collisionCount);
}

/** The name is taken: by our own set that the local copy does not show yet, or by another, and then the name must change. */
async function takenOver({ deployment, sets }: Rollout, { client }: ReconcileContext): Promise<Rollout> {
  const name = setName(deployment, hashOf(deployment));
  const found = await client.get(replicaSet, { namespace: deployment.metadata.namespace, name });
  const ours = controllerOf(found)?.uid === deployment.metadata.uid;
  if (ours && sameTemplate(found, deployment.spec!.template)) return { deployment, sets: { ...sets, current: found } };
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
  await client.updateStatus(deploymentKind, { ...deployment, status: { ...deployment.status, collisionCount } });
  throw new ApiError(409, 'Conflict', `the name ${name} belongs to another replica set`);
}

async function reportFailure(
  deployment: Deployment,
  name: string,
  error: unknown,
  { client, clock, events }: ReconcileContext,
): Promise<void> {
  if (isNamespaceEnding(error)) return;
  const message = `Failed to create new replica set "${name}": ${errorMessage(error)}`;
  events.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
  const failed = withProgressing(
    deployment,
    condition('Progressing', 'False', 'ReplicaSetCreateError', message, clock.now()),
  );
  if (!semanticEqual(failed.status, deployment.status)) await client.updateStatus(deploymentKind, failed);
}

async function updateNewSet(
  deployment: Deployment,
  current: ReplicaSet,
  old: readonly ReplicaSet[],
  { client, written }: Round,
): Promise<ReplicaSet> {
  const annotations = newSetAnnotations(deployment, current.metadata.annotations, nextRevision(old));
  const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
  const same = semanticEqual(annotations, current.metadata.annotations);
  if (same && minReadySeconds === (current.spec?.minReadySeconds ?? 0)) return current;
  const spec = { ...current.spec!, minReadySeconds };
  const updated = await client.update(replicaSet, { ...current, metadata: { ...current.metadata, annotations }, spec });
  written.written(updated.metadata.uid, updated);
  return updated;
}

/** The deployment with its revision, which is written with the status, so that it does not count as a new generation. */
function withRevision(deployment: Deployment, revision: bigint): Deployment {
  if (revisionOf(deployment) === revision) return deployment;
  const { metadata } = deployment;
  const annotations = { ...metadata.annotations, [revisionAnnotation]: String(revision) };
  return { ...deployment, metadata: { ...metadata, annotations } };
}

function withProgressing(deployment: Deployment, next: DeploymentCondition): Deployment {
  if (!hasDeadline(deployment)) return deployment;
  const conditions = withCondition(deployment.status?.conditions, next);
  return { ...deployment, status: { ...deployment.status, conditions } };
}
