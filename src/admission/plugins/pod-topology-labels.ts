import type { Binding } from '../../api/core-v1/binding.ts';
import { node } from '../../api/core-v1/node.ts';
import { pod, type Pod } from '../../api/core-v1/pod.ts';
import { find, type AdmissionPlugin } from '../plugin.ts';

/** Where a node is, as its pods may want to know. */
const copied = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

/** Pods take over from their node where it is: through the binding, or at once when they are made for a node. */
export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  operations: ['CREATE'],
  kinds: [pod],
  subresources: ['', 'binding'],
  async admit({ object, subresource }, reader) {
    const name = subresource ? (object as Binding).target?.name : (object as Pod).spec?.nodeName;
    if (!name) return;
    const labels = (await find(reader, node, { name }))?.metadata.labels ?? {};
    const taken = Object.fromEntries(copied.filter((key) => labels[key]).map((key) => [key, labels[key]!]));
    if (Object.keys(taken).length === 0) return;
    object!.metadata.labels = { ...taken, ...object!.metadata.labels };
  },
};
