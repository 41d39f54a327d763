import { node, type Node } from '../../api/core-v1/node.ts';
import type { AdmissionPlugin } from '../plugin.ts';

const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A new node takes no pods until it has been seen ready: the node lifecycle controller takes the taint away. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  operations: ['CREATE'],
  kinds: [node],
  admit({ object }) {
    const created = object as Node;
    const taints = created.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === taint.key && effect === taint.effect)) return;
    created.spec = { ...created.spec, taints: [...taints, { ...taint }] };
  },
};
