import { replicaSet } from '../../api/apps-v1/replica-set.ts';
import { statefulSet } from '../../api/apps-v1/stateful-set.ts';
import { replicationController } from '../../api/core-v1/replication-controller.ts';
import { service } from '../../api/core-v1/service.ts';
import { LabelSelector, selectorFromMap, selectorFromObject } from '../../apimachinery/label-selector.ts';
import type { Informers } from '../../client/informer.ts';
import type { PluginHandle } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import { constraintOf, type SpreadConstraint, type WrittenConstraint } from '../spread-constraints.ts';

/** `PodTopologySpreadArgs`. */
export interface SpreadArgs {
  /** `System` (the default): upstream's own; `List`: those of `defaultConstraints`. */
  readonly defaultingType?: 'System' | 'List';
  readonly defaultConstraints?: readonly WrittenConstraint[];
}

/** How pods without constraints of their own are spread. */
export interface SpreadDefaults {
  readonly constraints: readonly WrittenConstraint[];
  /** Whether they are upstream's: then nodes outside of a topology count too. */
  readonly system: boolean;
  /** What tells the pods that belong together with this one; undefined when it stands alone. */
  readonly groupOf: (pod: PodInfo) => LabelSelector | undefined;
}

/** Over nodes with a difference of 3, over zones with one of 5, rather than not at all. */
const systemConstraints: readonly WrittenConstraint[] = [
  { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
];

export function spreadDefaults(
  { defaultingType = 'System', defaultConstraints: listed = [] }: SpreadArgs,
  { informers }: PluginHandle,
): SpreadDefaults {
  const system = defaultingType === 'System';
  return { constraints: system ? systemConstraints : listed, system, groupOf: grouping(informers) };
}

/** The default constraints for a pod that belongs to a service or a controller. */
export function defaultConstraints(
  { constraints, groupOf }: SpreadDefaults,
  pod: PodInfo,
  when: WrittenConstraint['whenUnsatisfiable'],
): SpreadConstraint[] {
  const wanted = constraints.filter((c) => c.whenUnsatisfiable === when);
  const group = wanted.length > 0 ? groupOf(pod) : undefined;
  return group ? wanted.map((c) => constraintOf(c, group)) : [];
}

/** A pod is spread among those that all its services, and its controller, select. */
function grouping(informers: Informers): (pod: PodInfo) => LabelSelector | undefined {
  const services = informers.of(service);
  const byController = {
    ReplicaSet: informers.of(replicaSet),
    StatefulSet: informers.of(statefulSet),
    ReplicationController: informers.of(replicationController),
  };
  return (pod) => {
    const parts: LabelSelector[] = [];
    for (const { spec } of services.list(pod.namespace)) {
      const selector = spec?.selector && Object.keys(spec.selector).length > 0 && selectorFromMap(spec.selector);
      if (selector && selector.matches(pod.labels)) parts.push(selector);
    }
    const owner = pod.pod.metadata.ownerReferences?.find((reference) => reference.controller);
    if (owner && Object.hasOwn(byController, owner.kind)) {
      const found = byController[owner.kind as keyof typeof byController].get(`${pod.namespace}/${owner.name}`);
      const written = found?.spec?.selector;
      if (written) parts.push(owner.kind === 'ReplicationController' ? asMap(written) : selectorFromObject(written));
    }
    const requirements = parts.flatMap((selector) => selector.requirements);
    return requirements.length > 0 ? new LabelSelector(requirements) : undefined;
  };
}

function asMap(selector: object): LabelSelector {
  return selectorFromMap(selector as Record<string, string>);
}
