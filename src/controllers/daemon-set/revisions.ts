import { controllerRevision, type ControllerRevision } from '../../api/apps-v1/controller-revision.ts';
import { daemonSet, type DaemonSet } from '../../api/apps-v1/daemon-set.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import type { LabelSelector } from '../../apimachinery/label-selector.ts';
import type { Client } from '../../client/client.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import { claimRevisions, deleteRevisions, ensureRevision } from '../history/history.ts';
import { expiredRevisions } from '../history/revisions.ts';
import { keepsTemplate } from '../history/template-patch.ts';
import { hashLabel } from './daemons.ts';

/** The templates that a set had, and the pods as they are labelled with them. */
export interface History {
  /** Of the template as it is now. */
  readonly hash: string;
  readonly old: readonly ControllerRevision[];
  readonly collisionCount: number;
  readonly pods: readonly Pod[];
}

/**
 * Sees to it that exactly one revision keeps the template of `set`, and returns its hash.
 * @throws ApiError Conflict when something changed meanwhile
 */
export async function syncHistory(
  set: DaemonSet,
  selector: LabelSelector,
  pods: readonly Pod[],
  { reader, client }: ReconcileContext,
): Promise<History> {
  const claimed = await claimRevisions(reader, client, daemonSet, set, selector);
  const revisions = await Promise.all(claimed.map((revision) => labelled(client, revision)));
  const snapshot = { workload: set, kind: daemonSet, hashLabel };
  const { revision, collisionCount } = await ensureRevision(
    client,
    snapshot,
    revisions,
    set.status?.collisionCount ?? 0,
  );
  const hash = hashOf(revision);
  const others = revisions.filter(({ metadata }) => metadata.uid !== revision.metadata.uid);
  const doubles = others.filter((one) => keepsTemplate(one, set));
  const merged = await mergeDoubles(client, doubles, hash, pods);
  return { hash, old: others.filter((one) => !doubles.includes(one)), collisionCount, pods: merged };
}

function hashOf({ metadata }: ControllerRevision): string {
  return metadata.labels?.[hashLabel] ?? metadata.name;
}

/** Revisions of other makers may lack the label; their name is as good as a hash. */
async function labelled(client: Client, revision: ControllerRevision): Promise<ControllerRevision> {
  const { metadata } = revision;
  if (metadata.labels?.[hashLabel]) return revision;
  const labels = { ...metadata.labels, [hashLabel]: metadata.name };
  return client.update(controllerRevision, { ...revision, metadata: { ...metadata, labels } });
}

/** Revisions that keep the same template become one, so that nothing restarts because of them. */
async function mergeDoubles(
  client: Client,
  doubles: readonly ControllerRevision[],
  hash: string,
  pods: readonly Pod[],
): Promise<readonly Pod[]> {
  if (doubles.length === 0) return pods;
  const hashes = new Set(doubles.map(hashOf));
  const relabel = async (one: Pod) => {
    const { uid, resourceVersion, labels } = one.metadata;
    if (!hashes.has(labels?.[hashLabel] ?? '')) return one;
    return client.patch(podKind, one.metadata, 'merge', {
      metadata: { uid, resourceVersion, labels: { [hashLabel]: hash } },
    });
  };
  const relabelled = await Promise.all(pods.map(relabel));
  await deleteRevisions(client, doubles);
  return relabelled;
}

/** Deletes the oldest revisions beyond the set's limit that no pod is of. */
export async function cleanUpHistory(set: DaemonSet, { old, pods }: History, client: Client): Promise<void> {
  const live = new Set(pods.map(({ metadata }) => metadata.labels?.[hashLabel]));
  const isLive = (revision: ControllerRevision) => live.has(hashOf(revision));
  await deleteRevisions(
    client,
    expiredRevisions(old, isLive, set.spec?.revisionHistoryLimit ?? 10, { liveCount: true }),
  );
}
