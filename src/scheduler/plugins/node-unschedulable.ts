import type { Node } from '../../api/core-v1/node.ts';
import { tolerated } from '../../api/core-v1/tolerations.ts';
import type { Plugin, Rejection } from '../plugin.ts';

const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const cordoned: Rejection = { reasons: ['node(s) were unschedulable'], unresolvable: true };

/** Keeps pods off cordoned nodes, unless they tolerate what cordoning stands for. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  wakesOn: [
    { on: ['NodeAdd', 'NodeUpdateNodeTaint'], helps: (_, { object }) => !(object as Node).spec?.unschedulable },
  ],
  filter: (pod, node) => (node.unschedulable && !tolerated(pod.spec.tolerations, taint) ? cordoned : undefined),
};
