import { daemonSet, type DaemonSet } from '../../api/apps-v1/daemon-set.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { PodSpec } from '../../api/core-v1/pod-spec.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import { controllerRef, type New } from '../../apimachinery/object.ts';
import { timeOrZero } from '../../apimachinery/time.ts';
import { isPodTerminal } from '../pod-state.ts';
import { daemonTolerations } from './placement.ts';

/** The label with the hash of the template that a pod was made of. */
export const hashLabel = 'controller-revision-hash';
const generationLabel = 'pod-template-generation';
const generationAnnotation = 'deprecated.daemonset.template.generation';
const nameField = 'metadata.name';

/** The pods of a daemon set by the name of the node that each is on or meant for. */
export type DaemonsByNode = ReadonlyMap<string, readonly Pod[]>;

/**
 * Sorts pods by node, on each the one that counts first. Pods without a node to go to, which only adopted ones can be,
 * do not count; nor do those that have ended and are being deleted.
 */
export function byNode(pods: readonly Pod[]): DaemonsByNode {
  const all = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = targetNode(pod);
    if (!node || (pod.metadata.deletionTimestamp && isPodTerminal(pod))) continue;
    const there = all.get(node);
    if (there) there.push(pod);
    else all.set(node, [pod]);
  }
  for (const there of all.values()) if (there.length > 1) there.sort(boundAndOlderFirst);
  return all;
}

/** The node that the pod is on, or the only one that its affinity allows. */
function targetNode({ spec }: Pod): string | undefined {
  if (spec?.nodeName) return spec.nodeName;
  const terms = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  for (const { matchFields = [] } of terms ?? []) {
    for (const { key, operator, values = [] } of matchFields) {
      if (key === nameField && operator === 'In' && values.length === 1) return values[0];
    }
  }
  return undefined;
}

function boundAndOlderFirst(a: Pod, b: Pod): number {
  const bound = Number(Boolean(b.spec?.nodeName)) - Number(Boolean(a.spec?.nodeName));
  if (bound !== 0) return bound;
  const age = timeOrZero(a.metadata.creationTimestamp) - timeOrZero(b.metadata.creationTimestamp);
  return age || (a.metadata.name < b.metadata.name ? -1 : 1);
}

/** Tells whether a pod is as the template is now. The count of changes stands for the hash on pods of old. */
export function currency(set: DaemonSet, hash: string): (pod: Pod) => boolean {
  const generation = templateGeneration(set);
  return ({ metadata: { labels = {} } }) =>
    (hash !== '' && labels[hashLabel] === hash) || (generation !== undefined && labels[generationLabel] === generation);
}

/** How often the template was changed, as the API server counts it. */
function templateGeneration({ metadata }: DaemonSet): string | undefined {
  const text = metadata.annotations?.[generationAnnotation];
  return text !== undefined && /^-?\d{1,19}$/.test(text) ? text : undefined;
}

/** A new pod for the node, to which its affinity ties it. */
export function daemonFor(set: DaemonSet, node: string, hash: string): New<Pod> {
  const { metadata = {}, spec } = set.spec!.template;
  const generation = templateGeneration(set);
  const { annotations, finalizers } = metadata;
  const prefix = `${set.metadata.name}-`;
  return {
    metadata: {
      namespace: set.metadata.namespace!,
      generateName: dns1123Subdomain(`${prefix}x`).length === 0 ? prefix : set.metadata.name,
      labels: {
        ...metadata.labels,
        ...(generation !== undefined && { [generationLabel]: generation }),
        ...(hash && { [hashLabel]: hash }),
      },
      ...(annotations && { annotations: { ...annotations } }),
      ...(finalizers && { finalizers: [...finalizers] }),
      ownerReferences: [controllerRef(set, daemonSet)],
    },
    spec: daemonSpec(spec!, node),
  };
}

/** The demands of the template on its node have been weighed: what remains of them is the node's name. */
function daemonSpec(spec: PodSpec, node: string): PodSpec {
  const { affinity, ...rest } = structuredClone(spec);
  const required = { nodeSelectorTerms: [{ matchFields: [{ key: nameField, operator: 'In', values: [node] }] }] };
  const nodeAffinity = { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: required };
  return { ...rest, affinity: { ...affinity, nodeAffinity }, tolerations: daemonTolerations(spec) };
}
