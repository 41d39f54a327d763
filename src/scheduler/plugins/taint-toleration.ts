import { scaleToBest, type Plugin, type Rejection } from '../plugin.ts';
import type { Toleration } from '../../api/core-v1/pod-spec.ts';
import { tolerated } from '../../api/core-v1/tolerations.ts';

/** The tolerations that count for `PreferNoSchedule`. */
interface State {
  readonly soft: readonly Toleration[];
}

/** Keeps pods off nodes whose taints they do not tolerate, and away from those that would rather not have them. */
export const taintToleration: Plugin<State> = {
  name: 'TaintToleration',
  weight: 3,
  wakesOn: ['node-added', 'node-taints'],
  prepare: (pod) => ({
    soft: (pod.spec.tolerations ?? []).filter((t) => !t.effect || t.effect === 'PreferNoSchedule'),
  }),
  filter(pod, node) {
    for (const taint of node.taints) {
      const forbids = taint.effect === 'NoSchedule' || taint.effect === 'NoExecute';
      if (forbids && !tolerated(pod.spec.tolerations, taint)) return rejectionOf(taint.key, taint.value ?? '');
    }
    return undefined;
  },
  score(_, node, { soft }) {
    let unwelcome = 0;
    for (const taint of node.taints) if (taint.effect === 'PreferNoSchedule' && !tolerated(soft, taint)) unwelcome++;
    return unwelcome;
  },
  normalize: (scores) => scaleToBest(scores, true),
};

function rejectionOf(key: string, value: string): Rejection {
  return { reasons: [`node(s) had untolerated taint {${key}: ${value}}`], unresolvable: true };
}
