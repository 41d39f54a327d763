import type { ControllerRevision } from '../../api/apps-v1/controller-revision.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import { controllerRef, type New } from '../../apimachinery/object.ts';
import { timeOrZero } from '../../apimachinery/time.ts';
import { contentHash } from '../content-hash.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { templatePatch, type Workload } from './template-patch.ts';

/** The label of a revision that has the hash of its data. */
export const revisionHashLabel = 'controller.kubernetes.io/hash';

/** The label of a pod that says of which revision it was made. */
export const podRevisionLabel = 'controller-revision-hash';

/** A revision's name is its owner's, cut to so many characters, and the hash. */
const LONGEST_PREFIX = 223;

/** What a new revision is made of. */
export interface Snapshot<W extends Workload> {
  readonly workload: W;
  readonly kind: Kind<W>;
  /** The label that is to have the hash. */
  readonly hashLabel: string;
}

/**
 * The revision number `revision` of a workload: a copy of its template under a name that follows from the template.
 * `collisionCount` changes the name when another template took it.
 */
export function newRevision<W extends Workload>(
  { workload, kind, hashLabel }: Snapshot<W>,
  revision: number,
  collisionCount: number,
): New<ControllerRevision> {
  const { name, namespace, annotations } = workload.metadata;
  const data = templatePatch(workload);
  const hash = contentHash(data, collisionCount);
  return {
    metadata: {
      namespace: namespace!,
      name: `${name.slice(0, LONGEST_PREFIX)}-${hash}`,
      labels: { ...workload.spec?.template?.metadata?.labels, [hashLabel]: hash },
      ...(annotations && { annotations: { ...annotations } }),
      ownerReferences: [controllerRef(workload, kind)],
    },
    data,
    revision,
  };
}

/** Lower revisions first; among equal ones the older. */
export function sortRevisions(revisions: readonly ControllerRevision[]): ControllerRevision[] {
  return [...revisions].sort(byRevision);
}

function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  const age = () => timeOrZero(a.metadata.creationTimestamp) - timeOrZero(b.metadata.creationTimestamp);
  return a.revision - b.revision || age() || (a.metadata.name < b.metadata.name ? -1 : 1);
}

/** The number after the highest of `revisions`. */
export function nextRevision(revisions: readonly ControllerRevision[]): number {
  return Math.max(0, ...revisions.map(({ revision }) => revision)) + 1;
}

/** What has to happen so that the newest revision keeps the workload's template. */
export type RevisionStep =
  /** This one does. */
  | { readonly is: ControllerRevision }
  /** This one keeps it, but others came later (a rollback): it has to get the number `to`. */
  | { readonly raise: ControllerRevision; readonly to: number }
  /** None keeps it. */
  | { readonly create: number };

/** Finds out, among a workload's `revisions`, which keeps its template. */
export function planRevision(workload: Workload, revisions: readonly ControllerRevision[]): RevisionStep {
  const sorted = sortRevisions(revisions);
  const data = templatePatch(workload);
  const same = sorted.findLast((revision) => semanticEqual(revision.data, data));
  if (!same) return { create: nextRevision(sorted) };
  return same === sorted.at(-1) ? { is: same } : { raise: same, to: nextRevision(sorted) };
}

/**
 * The revisions beyond `limit` that nobody needs any more, lowest first. Those for which `isLive` says that something
 * still runs them are never among them; whether they count against the limit says `liveCount`. A limit below 0 keeps all.
 */
export function expiredRevisions(
  revisions: readonly ControllerRevision[],
  isLive: (revision: ControllerRevision) => boolean,
  limit: number,
  { liveCount = false } = {},
): ControllerRevision[] {
  if (limit < 0) return [];
  const idle = sortRevisions(revisions).filter((revision) => !isLive(revision));
  const excess = (liveCount ? revisions.length : idle.length) - limit;
  return excess > 0 ? idle.slice(0, excess) : [];
}
