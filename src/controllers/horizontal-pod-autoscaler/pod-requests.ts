import type { Pod } from '../../api/core-v1/pod.ts';
import { milliOf } from './pod-metrics.ts';

type Container = NonNullable<Pod['spec']>['containers'][number];

/**
 * How much of a resource each pod asks for, in thousandths, by name: its containers and sidecars, or only those called
 * `container`. What a pod asks for as a whole goes before what its containers ask for.
 * @throws Error when a container asks for none: there is nothing then that its usage could be a share of
 */
export function podRequests(pods: readonly Pod[], resource: string, container?: string): Map<string, bigint> {
  return new Map(pods.map((pod) => [pod.metadata.name, requestOf(pod, resource, container)]));
}

function requestOf(pod: Pod, resource: string, container: string | undefined): bigint {
  const whole = container === undefined ? pod.spec?.resources?.requests?.[resource] : undefined;
  if (whole !== undefined) return milliOf(whole);
  let sum = 0n;
  for (const one of longRunning(pod)) {
    if (container !== undefined && one.name !== container) continue;
    const request = one.resources?.requests?.[resource];
    if (request === undefined) {
      throw new Error(`missing request for ${resource} in container ${one.name} of Pod ${pod.metadata.name}`);
    }
    sum += milliOf(request);
  }
  return sum;
}

function longRunning({ spec }: Pod): Container[] {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...(spec?.containers ?? []), ...sidecars];
}
