import type { Node } from '../../api/core-v1/node.ts';
import type { Toleration } from '../../api/core-v1/pod-spec.ts';
import { tolerated } from '../../api/core-v1/tolerations.ts';
import { untolerated } from '../forbidding-taint.ts';
import { scaleToBest, type Plugin, type Rejection } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';

/** The tolerations that count for `PreferNoSchedule`. */
type Soft = readonly Toleration[];

/** Keeps pods off nodes whose taints they do not tolerate, and away from those that would rather not have them. */
export const taintToleration: Plugin<void, Soft> = {
  name: 'TaintToleration',
  wakesOn: [
    {
      on: ['NodeAdd', 'NodeUpdateNodeTaint'],
      helps: (pod, { object, old }) =>
        !forbidding(pod, object) && (!old || forbidding(pod, old) || cordonLifted(object, old)),
    },
  ],
  filter(pod, node) {
    if (node.taints.length === 0) return undefined;
    const taint = untolerated(pod.spec.tolerations, node.taints);
    return taint && rejectionOf(taint.key, taint.value ?? '');
  },
  preScore({ spec }, nodes) {
    if (!nodes.some((node) => node.hasSoftTaints)) return 'skip'; // all are equally welcome
    return (spec.tolerations ?? []).filter((t) => !t.effect || t.effect === 'PreferNoSchedule');
  },
  score(_, node, soft) {
    let unwelcome = 0;
    for (const taint of node.taints) if (taint.effect === 'PreferNoSchedule' && !tolerated(soft, taint)) unwelcome++;
    return unwelcome;
  },
  normalize: (scores) => scaleToBest(scores, true),
};

function forbidding({ spec }: PodInfo, node: unknown): boolean {
  return untolerated(spec.tolerations, (node as Node).spec?.taints ?? []) !== undefined;
}

/** A node that is no longer cordoned is about to lose the taint that says so, or has. */
function cordonLifted(object: unknown, old: unknown): boolean {
  return Boolean((old as Node).spec?.unschedulable) && !(object as Node).spec?.unschedulable;
}

function rejectionOf(key: string, value: string): Rejection {
  return { reasons: [`node(s) had untolerated taint {${key}: ${value}}`], unresolvable: true };
}
