import type { StatefulSet } from '../../../src/api/apps-v1/stateful-set.ts';
import type { PersistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import type { View } from '../../../src/controllers/stateful-set/plan.ts';
import { aPod, metadata, now, template } from '../objects.ts';

/** The set `web`. */
export function aStatefulSet(spec: object = {}, rest: { meta?: object; status?: object } = {}): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadata('web', { uid: 'set-uid', ...rest.meta }),
    spec: {
      replicas: 3,
      serviceName: 'web',
      selector: { matchLabels: { app: 'web' } },
      template: template(),
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      podManagementPolicy: 'OrderedReady',
      ...spec,
    },
    status: { replicas: 0, ...rest.status },
  };
}

/** How a pod can be. */
export type State = 'ready' | 'unready' | 'pending' | 'stuck' | 'failed' | 'ended' | 'terminating';

const phases: Partial<Record<State, string>> = {
  pending: 'Pending',
  stuck: 'Pending',
  failed: 'Failed',
  ended: 'Succeeded',
};

/** The pod `web-<ordinal>` of a revision. */
export function aMember(ordinal: number, state: State = 'ready', revision = 'new', spec: object = {}): Pod {
  const name = `web-${ordinal}`;
  const labels = { 'statefulset.kubernetes.io/pod-name': name, 'controller-revision-hash': revision };
  const pod = aPod({
    name,
    labels: { app: 'web', ...labels },
    phase: phases[state] ?? 'Running',
    ready: state === 'ready' || state === 'terminating' ? 60 : undefined,
    deleting: state === 'terminating',
    meta: { uid: `${name}-uid` },
    spec,
  });
  if (state === 'stuck') pod.status = { ...pod.status, containerStatuses: [waiting('ImagePullBackOff')] };
  return pod;
}

function waiting(reason: string) {
  return { name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, state: { waiting: { reason } } };
}

/** A set that goes from revision `old` to `new`. */
export function aView(set: StatefulSet, pods: readonly Pod[], claims: readonly PersistentVolumeClaim[] = []): View {
  const claim = (name: string) => claims.find((one) => one.metadata.name === name);
  return { set, current: 'old', update: 'new', pods, claim, now };
}

/** The claim `data-web-<ordinal>`. */
export function aClaim(ordinal: number, meta: object = {}): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadata(`data-web-${ordinal}`, meta),
    spec: { accessModes: ['ReadWriteOnce'] },
  };
}
