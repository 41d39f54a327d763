import { controllerRevision, type ControllerRevision } from '../../api/apps-v1/controller-revision.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { LabelSelector } from '../../apimachinery/label-selector.ts';
import { controllerOf, keyOf, type KubeObject } from '../../apimachinery/object.ts';
import type { Client } from '../../client/client.ts';
import type { ClusterReader, Watch } from '../../client/controller.ts';
import { candidatesOf, claim, orphanIndex, orphanNamespace, planClaims } from '../claim.ts';
import { newRevision, planRevision, type Snapshot } from './revisions.ts';
import { keepsTemplate, type Workload } from './template-patch.ts';

/**
 * What a controller of `kind` has to watch beside the revisions it owns: revisions that nobody controls wake the objects
 * whose selector wants them.
 */
export function watchOrphanRevisions<W extends Workload>(
  kind: Kind<W>,
  selectorOf: (workload: W) => LabelSelector,
): Watch<ControllerRevision> {
  return {
    kind: controllerRevision,
    indexes: { [orphanIndex]: orphanNamespace },
    keys(revision, reader) {
      const { labels, namespace } = revision.metadata;
      if (controllerOf(revision) || !labels) return [];
      return reader
        .list(kind, namespace)
        .filter((one) => selectorOf(one).matches(labels))
        .map(keyOf);
    },
  };
}

/**
 * The revisions that `owner`, an object of `kind`, controls once it has adopted and released what it should.
 * @throws ApiError Conflict when something changed meanwhile
 */
export function claimRevisions<O extends KubeObject>(
  reader: ClusterReader,
  client: Client,
  kind: Kind<O>,
  owner: O,
  selector: LabelSelector,
): Promise<ControllerRevision[]> {
  const claims = planClaims(owner, selector, candidatesOf(reader, controllerRevision, owner));
  return claim(client, controllerRevision, kind, owner, claims);
}

/** The newest revision, and how many names were found taken so far. */
export interface CurrentRevision {
  readonly revision: ControllerRevision;
  readonly collisionCount: number;
}

/**
 * Sees to it that the newest of the workload's revisions keeps its template: it may be there, it may have to be put in
 * front of others again, or it is made. `collisionCount` is the workload's; the one returned belongs into its status.
 * @throws ApiError Conflict when the revision changed meanwhile
 */
export async function ensureRevision<W extends Workload>(
  client: Client,
  snapshot: Snapshot<W>,
  revisions: readonly ControllerRevision[],
  collisionCount: number,
): Promise<CurrentRevision> {
  const step = planRevision(snapshot.workload, revisions);
  if ('is' in step) return { revision: step.is, collisionCount };
  if ('create' in step) return createRevision(client, snapshot, step.create, collisionCount);
  const raised = await client.update(controllerRevision, { ...step.raise, revision: step.to });
  return { revision: raised, collisionCount };
}

/** Tries one name after the other until one is free, or is that of a revision with this very template. */
async function createRevision<W extends Workload>(
  client: Client,
  snapshot: Snapshot<W>,
  number: number,
  collisionCount: number,
): Promise<CurrentRevision> {
  for (let count = collisionCount; ; count++) {
    const wanted = newRevision(snapshot, number, count);
    try {
      return { revision: await client.create(controllerRevision, wanted), collisionCount: count };
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
    const { namespace, name } = wanted.metadata;
    const taken = await client.get(controllerRevision, { namespace, name: name! });
    if (keepsTemplate(taken, snapshot.workload)) return { revision: taken, collisionCount: count };
  }
}

/** Deletes revisions that nobody needs. What is gone already is no failure. */
export async function deleteRevisions(client: Client, revisions: readonly ControllerRevision[]): Promise<void> {
  for (const { metadata } of revisions) {
    try {
      await client.delete(controllerRevision, metadata, { preconditions: { uid: metadata.uid } });
    } catch (error) {
      if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
    }
  }
}
