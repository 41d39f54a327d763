import { milliValue, quantityValue } from '../../apimachinery/quantity.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { ResourceRequirements } from '../../api/core-v1/pod-spec.ts';
import { allContainers, reportedStatus, specOf, type Container } from '../pod-spec.ts';

/**
 * What the node has given to a pod, which is what the pod asked for until it asks for something else: then it stays until
 * the node can give that.
 */
export interface Allocation {
  /** To the pod as a whole, where it asks for something as such. */
  readonly pod: ResourceRequirements | undefined;
  readonly containers: ReadonlyMap<string, ResourceRequirements | undefined>;
}

/** What can be changed while a pod runs. */
const RESIZABLE = ['cpu', 'memory'] as const;

/** Everything that a pod asks for. */
export function allocationOf(pod: Pod): Allocation {
  const containers = new Map(allContainers(pod).map(({ name, resources }) => [name, resources]));
  return { pod: specOf(pod).resources, containers };
}

/** What the pod's status says that it was given, for a kubelet that did not give it itself; else what it asks for. */
export function reportedAllocation(pod: Pod): Allocation {
  const containers = new Map(
    allContainers(pod).map(({ name, resources }) => [name, reported(reportedStatus(pod, name), resources)]),
  );
  return { pod: reported(pod.status, specOf(pod).resources), containers };
}

interface Reported {
  readonly resources?: ResourceRequirements;
  readonly allocatedResources?: Record<string, string>;
}

function reported(
  { resources, allocatedResources }: Reported = {},
  asked: ResourceRequirements | undefined,
): ResourceRequirements | undefined {
  if (!resources) return asked;
  const requests = allocatedResources ?? resources.requests;
  return { ...(requests && { requests }), ...(resources.limits && { limits: resources.limits }) };
}

/** The pod as the node runs it: with what it was given in place of what it asks for. */
export function withAllocation(pod: Pod, allocation: Allocation): Pod {
  if (isAllocated(pod, allocation)) return pod;
  const given = (containers: Container[]) =>
    containers.map((container) =>
      allocation.containers.has(container.name)
        ? withResources(container, allocation.containers.get(container.name))
        : container,
    );
  const { initContainers, containers, resources } = specOf(pod);
  return {
    ...pod,
    spec: {
      ...pod.spec!,
      ...(resources && withResources({ resources }, allocation.pod)),
      containers: given(containers),
      ...(initContainers && { initContainers: given(initContainers) }),
    },
  };
}

/** Whether the pod has what it asks for. */
export function isAllocated(pod: Pod, allocation: Allocation): boolean {
  const { containers } = allocation;
  const all = allContainers(pod).every(
    ({ name, resources }) => !containers.has(name) || sameAmounts(resources, containers.get(name)),
  );
  return all && sameAmounts(specOf(pod).resources, allocation.pod);
}

function withResources<T extends Pick<Container, 'resources'>>(asking: T, given: ResourceRequirements = {}): T {
  const { resources = {} } = asking;
  const of = (which: 'requests' | 'limits') => {
    const kept = Object.entries(resources[which] ?? {}).filter(([name]) => !RESIZABLE.some((one) => one === name));
    const replaced = RESIZABLE.flatMap((name) =>
      given[which]?.[name] === undefined ? [] : [[name, given[which][name]]],
    );
    return Object.fromEntries([...kept, ...replaced]) as Record<string, string>;
  };
  return { ...asking, resources: { ...resources, requests: of('requests'), limits: of('limits') } };
}

function sameAmounts(a: ResourceRequirements = {}, b: ResourceRequirements = {}): boolean {
  return (['requests', 'limits'] as const).every(
    (which) =>
      milliValue(a[which]?.['cpu']) === milliValue(b[which]?.['cpu']) &&
      quantityValue(a[which]?.['memory']) === quantityValue(b[which]?.['memory']),
  );
}
