import { forbiddenAccess } from '../../apimachinery/api-error.ts';
import { gvkKey } from '../../apimachinery/kind.ts';
import { pod, type Pod } from '../../api/core-v1/pod.ts';
import { runtimeClass as runtimeClassKind, type RuntimeClass } from '../../api/node-v1/runtime-class.ts';
import type { AdmissionPlugin } from '../plugin.ts';

type Spec = NonNullable<Pod['spec']>;

/** A pod's runtime class must exist; the pod takes over what it costs and where it can run. */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  operations: ['CREATE'],
  async admit({ kind, subresource, object }, reader) {
    if (subresource || gvkKey(kind) !== gvkKey(pod)) return;
    const { spec, metadata } = object as Pod;
    if (!spec?.runtimeClassName) return;
    const refuse = (why: string) => forbiddenAccess(pod, metadata.name, `pod rejected: ${why}`);
    const name = { name: spec.runtimeClassName };
    const found = (await reader.get(runtimeClassKind, name)) ?? (await reader.get(runtimeClassKind, name, true));
    if (!found) throw refuse(`RuntimeClass "${name.name}" not found`);
    const conflict = apply(spec, found);
    if (conflict) throw refuse(conflict);
  },
};

/** @returns why pod and class contradict each other; undefined when they do not */
function apply(spec: Spec, { scheduling, overhead }: RuntimeClass): string | undefined {
  const own = spec.nodeSelector ?? {};
  const selector = Object.entries(scheduling?.nodeSelector ?? {});
  const other = selector.find(([key, value]) => Object.hasOwn(own, key) && own[key] !== value);
  if (other)
    return `conflict: runtimeClass.scheduling.nodeSelector[${other[0]}] = ${other[1]}; pod.spec.nodeSelector[${other[0]}] = ${own[other[0]]}`;
  if (selector.length > 0) spec.nodeSelector = { ...own, ...scheduling!.nodeSelector };
  if (scheduling?.tolerations?.length) spec.tolerations = [...(spec.tolerations ?? []), ...scheduling.tolerations];
  if (overhead?.podFixed) spec.overhead = { ...overhead.podFixed };
  return undefined;
}
