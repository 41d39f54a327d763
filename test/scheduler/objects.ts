import { InformerFactory, type InformerDependencies } from '../../src/client/informer-factory.ts';
import { seededRandom } from '../../src/base/random.ts';
import { defaultProfile } from '../../src/scheduler/plugins/index.ts';
import type { PluginHandle } from '../../src/scheduler/plugin.ts';
import type { Node } from '../../src/api/core-v1/node.ts';
import type { Pod } from '../../src/api/core-v1/pod.ts';

let uids = 0;

/** What plugins are made with, for those that only compute. */
export const noHandle = {
  informers: new InformerFactory({} as InformerDependencies),
  random: seededRandom(1),
} as unknown as PluginHandle;

/** The default profile. It must not be asked to bind. */
export const theProfile = defaultProfile(noHandle);

/** A node with 4 CPUs, 8 GiB and room for 110 pods, changed by `more`. */
export function aNode(
  name: string,
  more: { labels?: Record<string, string>; spec?: object; status?: object } = {},
): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `node-${name}`, resourceVersion: '1', creationTimestamp: '', labels: more.labels ?? {} },
    spec: more.spec ?? {},
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '10Gi' }, ...more.status },
  };
}

/** A pod with one container that requests `requests`. */
export function aPod(
  name: string,
  requests: Record<string, string> = {},
  spec: object = {},
  metadata: object = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: `pod-${name}-${++uids}`,
      resourceVersion: '1',
      creationTimestamp: '',
      generation: 1,
      ...metadata,
    },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [{ name: 'c', image: 'web', resources: { requests } }],
      ...spec,
    },
    status: { phase: 'Pending' },
  };
}
