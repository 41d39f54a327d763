import type { DaemonSet } from '../../../src/api/apps-v1/daemon-set.ts';
import type { Node } from '../../../src/api/core-v1/node.ts';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { byNode, currency, hashLabel } from '../../../src/controllers/daemon-set/daemons.ts';
import { placements } from '../../../src/controllers/daemon-set/placement.ts';
import type { Daemons } from '../../../src/controllers/daemon-set/plan.ts';
import { aNode, aPod, metadata, template, type PodOptions } from '../objects.ts';

export function aDaemonSet(spec: object = {}, podSpec: object = {}, meta: object = {}): DaemonSet {
  const made = template();
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: metadata('web', meta),
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { ...made, spec: { ...made.spec, ...podSpec } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      ...spec,
    },
  };
}

export function surging(maxSurge: number | string, spec: object = {}): DaemonSet {
  return aDaemonSet({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge } },
    ...spec,
  });
}

/** A node with labels and taints, these as `key:effect`. */
export function site(name: string, options: { labels?: Record<string, string>; taints?: string[] } = {}): Node {
  const taints = (options.taints ?? []).map((text) => {
    const [key = '', effect = ''] = text.split(':');
    return { key, effect };
  });
  const node = aNode(name, { Ready: 'True' }, { taints });
  return { ...node, metadata: { ...node.metadata, labels: options.labels ?? {} } };
}

/** A daemon on a node: of the template `new` or `old`, ready since ten seconds unless told otherwise. */
export function daemon(node: string, hash: 'new' | 'old' = 'new', options: PodOptions = {}): Pod {
  return aPod({ node, ready: 10, labels: { app: 'web', [hashLabel]: hash }, ...options });
}

/** A daemon that its affinity ties to a node, and that no scheduler has seen. */
export function waiting(node: string, name: string): Pod {
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] } };
  const spec = { nodeName: undefined, affinity: { nodeAffinity } };
  return daemon(node, 'new', { name, ready: undefined, phase: 'Pending', spec });
}

export function daemonsOf(set: DaemonSet, nodes: readonly Node[], pods: readonly Pod[]): Daemons {
  return { set, nodes, placement: placements(set), byNode: byNode(pods), isCurrent: currency(set, 'new') };
}
