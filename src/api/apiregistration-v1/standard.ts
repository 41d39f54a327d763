/** How much clients prefer a group, and each of its versions: the higher the more. */
interface Priorities {
  readonly group: number;
  /** Of versions that do not have `usualVersions`. */
  readonly versions?: Readonly<Record<string, number>>;
  /** True when somebody else may serve the group in our place: then its `APIService` is theirs. */
  readonly replaceable?: boolean;
}

const usualVersions: Readonly<Record<string, number>> = { v1: 15, v1beta2: 12, v1beta1: 9 };

/** The built-in groups that have an `APIService` each version; that of `apiregistration.k8s.io` itself has none. */
const builtInGroups: Readonly<Record<string, Priorities>> = {
  '': { group: 18_000, versions: { v1: 1 } },
  apps: { group: 17_800 },
  'events.k8s.io': { group: 17_750 },
  'authentication.k8s.io': { group: 17_700 },
  'authorization.k8s.io': { group: 17_600 },
  autoscaling: { group: 17_500, versions: { v2: 30 } },
  batch: { group: 17_400 },
  'certificates.k8s.io': { group: 17_300 },
  'networking.k8s.io': { group: 17_200 },
  policy: { group: 17_100 },
  'rbac.authorization.k8s.io': { group: 17_000 },
  'storage.k8s.io': { group: 16_800 },
  'apiextensions.k8s.io': { group: 16_700 },
  'admissionregistration.k8s.io': { group: 16_700, versions: { v1beta1: 12 } },
  'scheduling.k8s.io': { group: 16_600 },
  'coordination.k8s.io': { group: 16_500 },
  'node.k8s.io': { group: 16_300 },
  'discovery.k8s.io': { group: 16_200, versions: { v1beta1: 12 } },
  'flowcontrol.apiserver.k8s.io': { group: 16_100, versions: { v1: 21 } },
  'internal.apiserver.k8s.io': { group: 16_000 },
  'resource.k8s.io': { group: 15_900 },
  'storagemigration.k8s.io': { group: 15_800 },
  'metrics.k8s.io': { group: 100, versions: { v1beta1: 100 }, replaceable: true },
};

/** Says of an `APIService` that the server made it when it started. */
export const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged';

/** The `APIService` of a version that the server itself serves; undefined for groups that are not built in. */
export function localApiService(group: string, version: string) {
  const priorities = Object.hasOwn(builtInGroups, group) ? builtInGroups[group] : undefined;
  if (!priorities) return undefined;
  const versionPriority = priorities.versions?.[version] ?? usualVersions[version] ?? 1;
  return {
    metadata: {
      name: `${version}.${group}`,
      ...(!priorities.replaceable && { labels: { [AUTOMANAGED]: 'onstart' } }),
    },
    spec: { ...(group && { group }), version, groupPriorityMinimum: priorities.group, versionPriority },
  };
}
