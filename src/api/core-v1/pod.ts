import type { V1Pod } from '@kubernetes/client-node';
import { forbidden, invalid, keyPath, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, type StrategyContext } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { validateTrimmedImages } from './container-validation.ts';
import { podQuota } from './pod-quota.ts';
import { mergeMatchLabelKeys } from './match-label-keys.ts';
import { podColumns } from './pod-columns.ts';
import { defaultPod, defaultPodSpec, mirrorServiceAccount } from './pod-spec-defaults.ts';
import { validatePodSpec } from './pod-spec-validation.ts';
import type { PodSpec } from './pod-spec.ts';
import { podSubresources } from './pod-subresources.ts';
import { validatePodUpdate } from './pod-update.ts';
import { podWarnings } from './pod-warnings.ts';
import { qosClass } from './qos-class.ts';

export type Pod = Resource<V1Pod>;

function setDefaults(pod: Pod): void {
  const spec = (pod.spec ??= {} as PodSpec);
  defaultPodSpec(spec);
  defaultPod(spec);
  if (pod.status) alignIps(pod.status);
}

/** The first of several addresses has a field of its own, which older clients know; where they differ it is right. */
function alignIps(status: NonNullable<Pod['status']>): void {
  if (status.podIP && status.podIPs?.[0]?.ip !== status.podIP) status.podIPs = [{ ip: status.podIP }];
  else if (!status.podIP && status.podIPs?.[0]?.ip) status.podIP = status.podIPs[0].ip;
  if (status.hostIP && status.hostIPs?.[0]?.ip !== status.hostIP) status.hostIPs = [{ ip: status.hostIP }];
  else if (!status.hostIP && status.hostIPs?.[0]?.ip) status.hostIP = status.hostIPs[0].ip;
}

/** An update is judged by what it changes: most of a pod cannot change at all. */
function validate(pod: Pod, old?: Pod): FieldError[] {
  return old ? [] : [...validatePodSpec(pod.spec!, 'spec'), ...validateNew(pod)];
}

/** What holds for pods, but not for the templates that they are made of. */
function validateNew(pod: Pod): FieldError[] {
  const spec = pod.spec!;
  const errors = validateTrimmedImages(spec, 'spec');
  if (spec.ephemeralContainers?.length) errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  if (spec.nodeName && spec.schedulingGates?.length) {
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  const mirror = pod.metadata.annotations?.['kubernetes.io/config.mirror'];
  if (mirror !== undefined && !spec.nodeName) {
    const at = keyPath('metadata.annotations', 'kubernetes.io/config.mirror');
    errors.push(invalid(at, mirror, 'must set spec.nodeName if mirror pod annotation is set'));
  }
  return errors;
}

/** A status without a class keeps the one that the pod was given. */
function prepareForUpdate(pod: Pod, old: Pod, { subresource }: StrategyContext): void {
  const qos = old.status?.qosClass;
  if (subresource === 'status' && qos && !pod.status?.qosClass) pod.status = { ...pod.status, qosClass: qos };
}

function prepareForCreate(pod: Pod, context: StrategyContext): void {
  mirrorServiceAccount(pod.spec!);
  mergeMatchLabelKeys(pod.spec!, pod.metadata.labels);
  pod.status = { phase: 'Pending', qosClass: qosClass(pod.spec!) };
  if (pod.spec!.schedulingGates?.length) {
    const message = 'Scheduling is blocked due to non-empty scheduling gates';
    const lastTransitionTime = formatTime(context.now);
    pod.status.conditions = [
      { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message, lastTransitionTime },
    ];
  }
}

/** A pod that no kubelet has to stop goes at once; any other gets at least a second. */
function gracePeriod(pod: Pod, requested: number | undefined): number {
  const phase = pod.status?.phase;
  if (!pod.spec?.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
  const seconds = requested ?? pod.spec.terminationGracePeriodSeconds ?? 0;
  return seconds < 0 ? 1 : seconds;
}

export const pod = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  returnsDeleted: true,
  namespaced: true,
  shortNames: ['po'],
  categories: ['all'],
  columns: podColumns,
  selectableFields: {
    'spec.nodeName': (p) => p.spec?.nodeName ?? '',
    'spec.restartPolicy': (p) => p.spec?.restartPolicy ?? '',
    'spec.schedulerName': (p) => p.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (p) => p.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (p) => String(p.spec?.hostNetwork ?? false),
    'status.phase': (p) => p.status?.phase ?? '',
    'status.podIP': (p) => p.status?.podIP ?? '',
    'status.podIPs': (p) => p.status?.podIP ?? '',
    'status.nominatedNodeName': (p) => p.status?.nominatedNodeName ?? '',
  },
  subresources: podSubresources,
  hasGeneration: true,
  setDefaults,
  validate,
  validateUpdate: validatePodUpdate,
  warnings: podWarnings,
  prepareForCreate,
  prepareForUpdate,
  gracePeriod,
  quota: podQuota,
});
