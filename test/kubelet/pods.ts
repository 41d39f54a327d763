import type { Pod } from '../../src/api/core-v1/pod.ts';
import type { ContainerState, PodState, Sandbox } from '../../src/kubelet/runtime/runtime.ts';

/** A pod of one container `app`, changed by `spec` and `status`. */
export function somePod(spec: object = {}, status: object = {}, metadata: object = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'uid-1',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      generation: 1,
      ...metadata,
    },
    spec: { containers: [{ name: 'app', image: 'app:1' }], ...spec },
    status: status,
  };
}

export const sandbox: Sandbox = {
  id: 'sandbox-0',
  attempt: 0,
  ready: true,
  createdAt: 0,
  hostNetwork: false,
  netns: '/proc/1/ns/net',
};

/** A run of a container; running unless `change` says otherwise. */
export function someRun(name: string, change: Partial<ContainerState> = {}): ContainerState {
  const attempt = change.attempt ?? 0;
  return {
    ...{
      id: `${name}-${attempt}`,
      name,
      attempt,
      sandboxId: sandbox.id,
      image: `${name}:1`,
      imageId: `id-of-${name}`,
      specHash: 'same',
    },
    ...{ state: 'running', createdAt: 1000, startedAt: 1000, ...change },
  };
}

/** A run that ended. */
export function ended(name: string, exitCode: number, change: Partial<ContainerState> = {}): ContainerState {
  const reason = exitCode === 0 ? 'Completed' : 'Error';
  return someRun(name, { state: 'exited', exitCode, reason, finishedAt: 5000, ...change });
}

export function someState(containers: ContainerState[], sandboxes: Sandbox[] = [sandbox]): PodState {
  return { uid: 'uid-1', namespace: 'default', name: 'web', containers, sandboxes };
}
