import { seededRandom } from '../../src/base/random.ts';
import type { Kind } from '../../src/apimachinery/kind.ts';
import { keyOf, type KubeObject } from '../../src/apimachinery/object.ts';
import { defaultProfile } from '../../src/scheduler/plugins/index.ts';
import type { PluginHandle } from '../../src/scheduler/plugin.ts';
import type { Node } from '../../src/api/core-v1/node.ts';
import type { Pod } from '../../src/api/core-v1/pod.ts';

let uids = 0;

/** What plugins are made with, for those that only compute. */
export const noHandle = handleWith(() => []);

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

/** A handle whose informers know what `objects` says, by the plural name of the kind. */
export function handleWith(objects: (plural: string) => readonly KubeObject[]): PluginHandle {
  const of = (kind: Kind<any>) => ({
    get: (key: string) => objects(kind.plural).find((object) => keyOf(object) === key),
    list: (namespace?: string) =>
      objects(kind.plural).filter((object) => namespace === undefined || object.metadata.namespace === namespace),
    addIndex: () => {},
    byIndex: () => [],
    listen: () => () => {},
  });
  return { informers: { of }, random: seededRandom(1) } as unknown as PluginHandle;
}
