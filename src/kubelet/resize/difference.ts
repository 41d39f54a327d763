import { containerResources } from '../containers/resources.ts';
import { allContainers, type Container } from '../pod-spec.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { latest, type ContainerState, type PodState } from '../runtime/runtime.ts';

/** A running container that has not what it was given yet. */
export interface Outdated {
  readonly container: Container;
  readonly run: ContainerState;
  /** The container's policy wants it to start anew for this. */
  readonly restart: boolean;
}

/** The running containers of a pod whose limits are not (yet) those that the node gave them. */
export function outdatedContainers(pod: Pod, state: PodState): Outdated[] {
  return allContainers(pod).flatMap((container) => {
    const run = latest(state, container.name);
    const change = run?.state === 'running' && changeOf(container, run);
    return change ? [{ container, run, restart: wantsRestart(container, change) }] : [];
  });
}

interface Change {
  readonly cpu: boolean;
  readonly memory: boolean;
}

function changeOf(container: Container, { resources: has }: ContainerState): Change | undefined {
  if (!has) return undefined;
  const should = containerResources(container);
  const cpu = has.cpuShares !== should.cpuShares || has.cpuQuota !== should.cpuQuota;
  const memory = has.memoryBytes !== should.memoryBytes;
  return cpu || memory ? { cpu, memory } : undefined;
}

function wantsRestart({ resizePolicy = [] }: Container, change: Change): boolean {
  return resizePolicy.some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === 'RestartContainer' && change[resourceName as 'cpu' | 'memory'],
  );
}
