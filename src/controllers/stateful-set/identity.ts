import { statefulSet, type StatefulSet } from '../../api/apps-v1/stateful-set.ts';
import type { PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { PodTemplateSpec } from '../../api/core-v1/pod-template-spec.ts';
import { controllerRef, type New } from '../../apimachinery/object.ts';
import { podRevisionLabel } from '../history/revisions.ts';

const podNameLabel = 'statefulset.kubernetes.io/pod-name';
const podIndexLabel = 'apps.kubernetes.io/pod-index';

/** The largest ordinal that upstream reads (an int32). */
const MAX_ORDINAL = 2 ** 31 - 1;

type Volumes = NonNullable<NonNullable<Pod['spec']>['volumes']>;

/** `web` and 3 for `web-3`; undefined when the name does not end in a dash and an ordinal as sets write it. */
export function parsePodName(name: string): { parent: string; ordinal: number } | undefined {
  const dash = name.lastIndexOf('-');
  const digits = name.slice(dash + 1);
  if (dash < 0 || !/^(0|[1-9][0-9]{0,9})$/.test(digits)) return undefined;
  const ordinal = Number(digits);
  return ordinal > MAX_ORDINAL ? undefined : { parent: name.slice(0, dash), ordinal };
}

/** Whether the pod has a name as the set's pods have it: only those can be its members. */
export function isMember(set: StatefulSet, pod: Pod): boolean {
  return parsePodName(pod.metadata.name)?.parent === set.metadata.name;
}

/** The number in a member's name. */
export function ordinalOf(pod: Pod): number {
  return parsePodName(pod.metadata.name)?.ordinal ?? -1;
}

/** The lowest ordinal of the set's replicas. */
export function firstOrdinal(set: StatefulSet): number {
  return set.spec?.ordinals?.start ?? 0;
}

/** How many pods the set wants. */
export function wantedReplicas(set: StatefulSet): number {
  return set.spec?.replicas ?? 1;
}

/** Whether a pod with this ordinal is one of the replicas that the set wants. */
export function isWanted(set: StatefulSet, ordinal: number): boolean {
  const first = firstOrdinal(set);
  return ordinal >= first && ordinal < first + wantedReplicas(set);
}

/** The name of the revision that the pod was made of. */
export function revisionOf(pod: Pod): string {
  return pod.metadata.labels?.[podRevisionLabel] ?? '';
}

/** The name of the claim that the pod `ordinal` has for a claim template. */
export function claimName(set: StatefulSet, template: string, ordinal: number): string {
  return `${template}-${set.metadata.name}-${ordinal}`;
}

/** The names of all claims of the pod `ordinal`, in the order of the templates. */
export function claimNames(set: StatefulSet, ordinal: number): string[] {
  return claimTemplates(set).map((template) => claimName(set, template.metadata?.name ?? '', ordinal));
}

/** The set's claim templates. */
export function claimTemplates(set: StatefulSet) {
  return set.spec?.volumeClaimTemplates ?? [];
}

/** The pod `ordinal` of the set as a revision's `template` describes it. */
export function newPod(set: StatefulSet, template: PodTemplateSpec, revision: string, ordinal: number): New<Pod> {
  const { metadata = {}, spec } = structuredClone(template);
  const name = `${set.metadata.name}-${ordinal}`;
  const volumes = withClaimVolumes(set, ordinal, spec?.volumes);
  return {
    metadata: {
      namespace: set.metadata.namespace!,
      name,
      labels: { ...metadata.labels, ...identityLabels(name, ordinal), [podRevisionLabel]: revision },
      ...(metadata.annotations && { annotations: metadata.annotations }),
      ...(metadata.finalizers && { finalizers: metadata.finalizers }),
      ownerReferences: [controllerRef(set, statefulSet)],
    },
    spec: {
      ...spec!,
      hostname: name,
      subdomain: set.spec?.serviceName || undefined,
      ...(volumes.length > 0 && { volumes }),
    },
  };
}

function identityLabels(name: string, ordinal: number): Record<string, string> {
  return { [podNameLabel]: name, [podIndexLabel]: String(ordinal) };
}

/** The volumes of a pod with those of the set's claims in front; they replace others of the same name. */
function withClaimVolumes(set: StatefulSet, ordinal: number, volumes: Volumes = []): Volumes {
  const names = claimTemplates(set).map((template) => template.metadata?.name ?? '');
  const own = names.map((name) => ({ name, persistentVolumeClaim: { claimName: claimName(set, name, ordinal) } }));
  return [...own, ...volumes.filter(({ name }) => !names.includes(name))];
}

/** A claim of the pod `ordinal` for every claim template. They belong to nobody yet. */
export function newClaims(set: StatefulSet, ordinal: number): New<PersistentVolumeClaim>[] {
  return claimTemplates(set).map((template) => {
    const { metadata, spec } = structuredClone(template);
    const labels = { ...metadata?.labels, ...set.spec?.selector.matchLabels };
    return {
      metadata: {
        namespace: set.metadata.namespace!,
        name: claimName(set, metadata?.name ?? '', ordinal),
        labels,
        ...(metadata?.annotations && { annotations: metadata.annotations }),
        ...(metadata?.finalizers && { finalizers: metadata.finalizers }),
      },
      spec: spec!,
    };
  });
}

/** The pod with the labels and volumes that a member must have; undefined when it has them. */
export function repairedPod(set: StatefulSet, pod: Pod): Pod | undefined {
  const { name, labels } = pod.metadata;
  const ordinal = ordinalOf(pod);
  if (labels?.[podNameLabel] === name && hasClaimVolumes(set, pod)) return undefined;
  const volumes = withClaimVolumes(set, ordinal, pod.spec?.volumes);
  return {
    ...pod,
    metadata: { ...pod.metadata, labels: { ...labels, ...identityLabels(name, ordinal) } },
    spec: { ...pod.spec!, ...(volumes.length > 0 && { volumes }) },
  };
}

function hasClaimVolumes(set: StatefulSet, pod: Pod): boolean {
  const claims = new Map(pod.spec?.volumes?.map(({ name, persistentVolumeClaim: claim }) => [name, claim?.claimName]));
  const ordinal = ordinalOf(pod);
  return claimTemplates(set).every(({ metadata }) => {
    const name = metadata?.name ?? '';
    return claims.get(name) === claimName(set, name, ordinal);
  });
}
