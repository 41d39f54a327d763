import { pod, type Pod } from '../../api/core-v1/pod.ts';
import type { Toleration } from '../../api/core-v1/pod-spec.ts';
import type { AdmissionPlugin } from '../plugin.ts';

/** Seconds that a pod stays on a node that is not ready or does not answer. */
const STAY = 300;
const troubles = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Pods stay five minutes on a node in trouble, unless they say otherwise: most troubles are over by then. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  operations: ['CREATE', 'UPDATE'],
  kinds: [pod],
  admit({ object }) {
    const { spec } = object as Pod;
    if (!spec) return;
    const own = spec.tolerations ?? [];
    const missing = troubles.filter((key) => !own.some((toleration) => speaksOf(toleration, key)));
    if (missing.length === 0) return;
    const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: STAY }));
    spec.tolerations = [...own, ...added];
  },
};

function speaksOf({ key, effect }: Toleration, trouble: string): boolean {
  return (!key || key === trouble) && (!effect || effect === 'NoExecute');
}
