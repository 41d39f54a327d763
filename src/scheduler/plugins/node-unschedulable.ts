import type { Plugin, Rejection } from '../plugin.ts';
import { tolerated } from '../../api/core-v1/tolerations.ts';

const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const cordoned: Rejection = { reasons: ['node(s) were unschedulable'], unresolvable: true };

/** Keeps pods off cordoned nodes, unless they tolerate what cordoning stands for. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  wakesOn: ['node-added', 'node-unschedulable'],
  filter: (pod, node) =>
    node.node!.spec?.unschedulable && !tolerated(pod.spec.tolerations, taint) ? cordoned : undefined,
};
