import { pod, type Pod } from '../../api/core-v1/pod.ts';
import { priorityClass, type PriorityClass } from '../../api/scheduling-v1/priority-class.ts';
import { find, isKind } from '../plugin.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionReader, AdmissionRequest } from '../plugin.ts';
import { refuse, refuseUnnamed } from '../refusal.ts';

/**
 * Gives a pod the number that its priority class stands for, or the default class does, and sees to it that there is only
 * one default class.
 */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  operations: ['CREATE', 'UPDATE'],
  kinds: [pod, priorityClass],
  admit(request, context) {
    const changed = request.object as Pod;
    if (!isKind(request.kind, pod) || !changed.spec) return undefined;
    return request.operation === 'CREATE' ? decide(request, changed, context) : keep(changed, request.oldObject as Pod);
  },
  validate(request, context) {
    return isKind(request.kind, priorityClass) ? checkDefault(request, context) : undefined;
  },
};

/** Clients that do not know the fields leave them out when they update: they stay. */
function keep({ spec }: Pod, old: Pod): void {
  if (old.spec?.priority !== undefined) spec!.priority ??= old.spec.priority;
  if (old.spec?.preemptionPolicy !== undefined) spec!.preemptionPolicy ??= old.spec.preemptionPolicy;
}

async function decide(request: AdmissionRequest, created: Pod, context: AdmissionContext): Promise<void> {
  const spec = created.spec!;
  const name = spec.priorityClassName;
  const found = name ? await find(context, priorityClass, { name }) : await defaultClass(context);
  if (name && !found) throw refuseUnnamed(request, `no PriorityClass with name ${name} was found`);
  if (found) spec.priorityClassName = found.metadata.name;
  const { value = 0, preemptionPolicy = 'PreemptLowerPriority' } = found ?? {};
  refuseOther(request, 'the integer value of priority', spec.priority, value);
  spec.priority = value;
  refuseOther(request, 'the string value of PreemptionPolicy', spec.preemptionPolicy, preemptionPolicy);
  spec.preemptionPolicy = preemptionPolicy;
}

/** The author of a pod cannot choose what its class decides. */
function refuseOther<T extends string | number>(
  request: AdmissionRequest,
  what: string,
  sent: T | undefined,
  computed: T,
): void {
  if (sent === undefined || sent === computed) return;
  const why = `${what} (${sent}) must not be provided in pod spec; priority admission controller computed ${computed} from the given PriorityClass name`;
  throw refuseUnnamed(request, why);
}

/** The class of pods that name none. Should there be several, the lowest counts. */
async function defaultClass(reader: AdmissionReader): Promise<PriorityClass | undefined> {
  const defaults = (await reader.list(priorityClass)).filter((c) => c.globalDefault);
  return defaults.sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
}

async function checkDefault(request: AdmissionRequest, reader: AdmissionReader): Promise<void> {
  if (!(request.object as PriorityClass).globalDefault) return;
  const other = await defaultClass(reader);
  if (!other || (request.operation === 'UPDATE' && other.metadata.name === request.name)) return;
  throw refuse(
    request,
    `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
  );
}
