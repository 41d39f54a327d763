import type { Deployment } from '../../api/apps-v1/deployment.ts';
import type { ReplicaSet } from '../../api/apps-v1/replica-set.ts';
import { timeOrZero } from '../../apimachinery/time.ts';
import { mostReplicas, wantedReplicas } from './limits.ts';
import { sameTemplate } from './template-hash.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';

type Annotations = Readonly<Record<string, string>>;

/** The annotations of a deployment that its replica sets do not inherit. */
const notInherited: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  'deprecated.deployment.rollback.to',
]);

/** An old history is cut when it would grow beyond so many characters. */
const LONGEST_HISTORY = 2000;

/**
 * The revision of a deployment or replica set; 0 when it has none. An int64, because sets that a deployment takes over may
 * have come with any.
 */
export function revisionOf(object: { metadata: { annotations?: Annotations } }): bigint {
  const text = object.metadata.annotations?.[revisionAnnotation];
  const revision = text !== undefined && /^-?[0-9]{1,19}$/.test(text) ? BigInt(text) : 0n;
  return BigInt.asIntN(64, revision) === revision ? revision : 0n;
}

/** Lower revisions first. */
export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [one, other] = [revisionOf(a), revisionOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The number in an annotation; undefined when there is none or it is no number. */
export function integerAnnotation(
  object: { metadata: { annotations?: Annotations } },
  name: string,
): number | undefined {
  const text = object.metadata.annotations?.[name];
  return text !== undefined && /^-?[0-9]{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Oldest first; those of one second by name. */
export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const difference = timeOrZero(a.metadata.creationTimestamp) - timeOrZero(b.metadata.creationTimestamp);
  return difference || (a.metadata.name < b.metadata.name ? -1 : 1);
}

/** The replica set that runs the deployment's template; the oldest if several do. */
export function findNewSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return [...sets].sort(byAge).find((set) => sameTemplate(set, deployment.spec!.template));
}

/** One more than the highest revision among the old replica sets. */
export function nextRevision(old: readonly ReplicaSet[]): bigint {
  return old.map(revisionOf).reduce((highest, one) => (one > highest ? one : highest), 0n) + 1n;
}

/**
 * The annotations that the new replica set should have: those of the deployment, and the revision raised to
 * `revision`. A revision that it had before (a rollback made it new again) goes into its history.
 */
export function newSetAnnotations(
  deployment: Deployment,
  current: Annotations | undefined,
  revision: bigint,
): Annotations {
  const annotations: Record<string, string> = { ...current };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!notInherited.has(key)) annotations[key] = value;
  }
  const before = annotations[revisionAnnotation];
  if (revisionOf({ metadata: { annotations } }) >= revision) return annotations;
  annotations[revisionAnnotation] = String(revision);
  if (before) annotations[revisionHistoryAnnotation] = longerHistory(annotations[revisionHistoryAnnotation], before);
  return annotations;
}

function longerHistory(history: string | undefined, revision: string): string {
  const all = history ? [...history.split(','), revision] : [revision];
  while (all.length > 1 && all.join(',').length > LONGEST_HISTORY) all.shift();
  return all.join(',');
}

/** What each active replica set notes of the deployment's size, so that a change of size is seen later. */
export function sizeAnnotations(deployment: Deployment): Annotations {
  return {
    [desiredReplicasAnnotation]: String(wantedReplicas(deployment)),
    [maxReplicasAnnotation]: String(mostReplicas(deployment)),
  };
}

/** The old replica sets that go beyond `revisionHistoryLimit` and are of no use any more, oldest revision first. */
export function expiredSets(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec?.revisionHistoryLimit;
  if (limit === undefined || limit >= 2 ** 31 - 1) return [];
  const alive = old.filter((set) => !set.metadata.deletionTimestamp);
  const excess = alive.length - limit;
  if (excess <= 0) return [];
  const sorted = alive.sort((a, b) => byRevision(a, b) || byAge(a, b));
  return sorted.slice(0, excess).filter(isIdle);
}

function isIdle(set: ReplicaSet): boolean {
  const observed = (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0);
  return observed && !set.status?.replicas && !set.spec?.replicas;
}
