import { forbiddenAccess } from '../../apimachinery/api-error.ts';
import { gvkKey } from '../../apimachinery/kind.ts';
import { pod, type Pod } from '../../api/core-v1/pod.ts';
import { priorityClass, type PriorityClass } from '../../api/scheduling-v1/priority-class.ts';
import type { AdmissionPlugin, AdmissionReader } from '../plugin.ts';

/** Gives a pod the number that its priority class stands for; 0 without a class. */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  operations: ['CREATE'],
  admit({ kind, subresource, object }, reader) {
    if (subresource || gvkKey(kind) !== gvkKey(pod)) return undefined;
    const created = object as Pod;
    if (!created.spec) return undefined;
    return created.spec.priorityClassName ? byClass(created, reader) : apply(created, 0, 'PreemptLowerPriority');
  },
};

async function byClass(created: Pod, reader: AdmissionReader): Promise<void> {
  const name = { name: created.spec!.priorityClassName! };
  const found = (await reader.get(priorityClass, name)) ?? (await reader.get(priorityClass, name, true));
  if (!found) throw forbiddenAccess(pod, created.metadata.name, `no PriorityClass with name ${name.name} was found`);
  apply(created, found.value ?? 0, found.preemptionPolicy);
}

type Policy = NonNullable<PriorityClass['preemptionPolicy']>;

function apply(created: Pod, value: number, policy: Policy = 'PreemptLowerPriority'): void {
  const spec = created.spec!;
  refuseOther(created, 'the integer value of priority', spec.priority, value);
  refuseOther(created, 'the string value of PreemptionPolicy', spec.preemptionPolicy, policy);
  spec.priority = value;
  spec.preemptionPolicy = policy;
}

/** The author of a pod cannot choose what its class decides. */
function refuseOther<T extends string | number>(created: Pod, what: string, sent: T | undefined, computed: T): void {
  if (sent === undefined || sent === computed) return;
  const why = `${what} (${sent}) must not be provided in pod spec; priority admission controller computed ${computed} from the given PriorityClass name`;
  throw forbiddenAccess(pod, created.metadata.name, why);
}
