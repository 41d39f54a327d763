import { pod, type Pod } from '../../api/core-v1/pod.ts';
import type { PodSpec } from '../../api/core-v1/pod-spec.ts';
import { sameQuantities } from '../../api/meta-v1/quantities.ts';
import { runtimeClass as runtimeClassKind, type RuntimeClass } from '../../api/node-v1/runtime-class.ts';
import { equalJson } from '../../apimachinery/json-value.ts';
import { find, type AdmissionContext, type AdmissionPlugin, type AdmissionRequest } from '../plugin.ts';
import { refuseUnnamed } from '../refusal.ts';

/** A pod's runtime class must exist; the pod takes over what it costs and where it can run. */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  operations: ['CREATE'],
  kinds: [pod],
  admit(request, context) {
    const { spec } = request.object as Pod;
    return spec?.runtimeClassName ? apply(request, spec, context) : undefined;
  },
  validate(request, context) {
    const { spec } = request.object as Pod;
    return spec?.runtimeClassName || spec?.overhead ? checkOverhead(request, spec, context) : undefined;
  },
};

async function classOf(
  request: AdmissionRequest,
  spec: PodSpec,
  context: AdmissionContext,
): Promise<RuntimeClass | undefined> {
  const name = spec.runtimeClassName;
  if (!name) return undefined;
  const found = await find(context, runtimeClassKind, { name });
  if (!found) throw refuseUnnamed(request, `pod rejected: RuntimeClass "${name}" not found`);
  return found;
}

async function apply(request: AdmissionRequest, spec: PodSpec, context: AdmissionContext): Promise<void> {
  const { overhead, scheduling } = (await classOf(request, spec, context))!;
  if (overhead?.podFixed) {
    if (spec.overhead && !sameQuantities(spec.overhead, overhead.podFixed)) throw otherOverhead(request);
    spec.overhead = { ...overhead.podFixed };
  }
  if (scheduling?.nodeSelector) mergeSelector(request, spec, scheduling.nodeSelector);
  const missing = (scheduling?.tolerations ?? []).filter((t) => !spec.tolerations?.some((own) => equalJson(own, t)));
  if (missing.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...structuredClone(missing)];
}

function mergeSelector(request: AdmissionRequest, spec: PodSpec, selector: Readonly<Record<string, string>>): void {
  const own = spec.nodeSelector ?? {};
  for (const [key, value] of Object.entries(selector)) {
    if (!Object.hasOwn(own, key) || own[key] === value) continue;
    const why = `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own[key]}`;
    throw refuseUnnamed(request, why);
  }
  if (Object.keys(selector).length > 0) spec.nodeSelector = { ...own, ...selector };
}

/** Nobody can make up an overhead of their own. */
async function checkOverhead(request: AdmissionRequest, spec: PodSpec, context: AdmissionContext): Promise<void> {
  const fixed = (await classOf(request, spec, context))?.overhead?.podFixed;
  if (fixed) {
    if (!sameQuantities(spec.overhead, fixed)) throw otherOverhead(request);
  } else if (spec.overhead) {
    throw refuseUnnamed(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  }
}

function otherOverhead(request: AdmissionRequest) {
  return refuseUnnamed(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
}
