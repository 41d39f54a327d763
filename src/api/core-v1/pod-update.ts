import { forbidden, invalid, keyPath, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { inRange, same } from '../meta-v1/checks.ts';
import type { Container, PodSpec, Toleration } from './pod-spec.ts';
import type { Pod } from './pod.ts';
import { validateTolerations } from './toleration-validation.ts';

/** The annotation of pods that the API server shows but a file on the node defines. */
const MIRROR = 'kubernetes.io/config.mirror';
const INT32_MAX = 2 ** 31 - 1;

const CHANGEABLE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
  '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** A pod is what it was created as: only a few fields of its spec may change. */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const [now, before] = [pod.spec ?? ({} as PodSpec), old.spec ?? ({} as PodSpec)];
  const counts = (['containers', 'initContainers'] as const)
    .filter((list) => (now[list]?.length ?? 0) !== (before[list]?.length ?? 0))
    .map((list) => forbidden(`spec.${list}`, 'pod updates may not add or remove containers'));
  if (counts.length > 0) return counts;
  return [
    ...validateAnnotationChange(pod, old),
    ...validateImages(now, before),
    ...validateDeadline(now, before),
    ...validateTolerationChange(now.tolerations ?? [], before.tolerations ?? []),
    ...validateGateChange(now, before),
    ...validatePlacementChange(now, before),
    ...validateRest(now, before),
  ];
}

/** The mark of a pod that a file on the node defines is set once and for all. */
function validateAnnotationChange(pod: Pod, old: Pod): FieldError[] {
  const [now, before] = [pod.metadata.annotations?.[MIRROR], old.metadata.annotations?.[MIRROR]];
  if (now === before) return [];
  const detail =
    before === undefined ? 'may not add mirror pod annotation' : 'may not remove or update mirror pod annotation';
  return [forbidden(keyPath('metadata.annotations', MIRROR), detail)];
}

/** An image may change, but not go. */
function validateImages(now: PodSpec, before: PodSpec): FieldError[] {
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    (now[list] ?? []).flatMap(({ image }, i) => {
      const field = `spec.${list}[${i}].image`;
      if (image === before[list]?.[i]?.image) return [];
      if (!image) return [required(field)];
      return image.trim() === image ? [] : [invalid(field, image, 'must not have leading or trailing whitespace')];
    }),
  );
}

function validateDeadline(now: PodSpec, before: PodSpec): FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  const [next, last] = [now.activeDeadlineSeconds, before.activeDeadlineSeconds];
  if (next !== undefined && (next < 0 || next > INT32_MAX)) return inRange(field, next, 0, INT32_MAX);
  if (last === undefined || next === last) return [];
  if (next === undefined) return [invalid(field, null, 'must not update from a positive integer to nil value')];
  return next > last ? [invalid(field, next, 'must be less than or equal to previous value')] : [];
}

function validateTolerationChange(now: readonly Toleration[], before: readonly Toleration[]): FieldError[] {
  const key = (t: Toleration) => JSON.stringify([t.key ?? '', t.operator ?? '', t.value ?? '', t.effect ?? '']);
  const kept = new Set(now.map(key));
  const gone = before.some((toleration) => !kept.has(key(toleration)));
  const detail = 'existing toleration can not be modified except its tolerationSeconds';
  return [...(gone ? [forbidden('spec.tolerations', detail)] : []), ...validateTolerations(now, 'spec.tolerations')];
}

function validateGateChange(now: PodSpec, before: PodSpec): FieldError[] {
  const known = new Set((before.schedulingGates ?? []).map((gate) => gate.name));
  return (now.schedulingGates ?? []).flatMap((gate, i) =>
    known.has(gate.name)
      ? []
      : [
          forbidden(
            path('spec.schedulingGates', i),
            'only deletion is allowed, but found new scheduling gate ' + quote(gate.name),
          ),
        ],
  );
}

function quote(name: string): string {
  return `'${name}'`;
}

/** Where a pod may run can be narrowed down as long as it is not scheduled. */
function validatePlacementChange(now: PodSpec, before: PodSpec): FieldError[] {
  if (!isGated(before)) return [];
  const kept = Object.entries(before.nodeSelector ?? {}).every(([key, value]) => now.nodeSelector?.[key] === value);
  const errors = kept ? [] : [invalid('spec.nodeSelector', now.nodeSelector, ONLY_ADDITIONS)];
  return [...errors, ...validateNodeAffinityChange(now, before)];
}

const ONLY_ADDITIONS = 'only additions are allowed (no mutations or deletions)';

function validateNodeAffinityChange(now: PodSpec, before: PodSpec): FieldError[] {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const [next, last] = [now, before].map((spec) => spec.affinity?.nodeAffinity?.[required]?.nodeSelectorTerms ?? []);
  if (last!.length === 0) return [];
  const field = `spec.affinity.nodeAffinity.${required}.nodeSelectorTerms`;
  if (next!.length !== last!.length) {
    return [invalid(field, next, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  }
  return last!.flatMap((term, i) => {
    const lists = ['matchExpressions', 'matchFields'] as const;
    const kept = lists.every((list) =>
      (term[list] ?? []).every((r) => (next![i]![list] ?? []).some((other) => same(other, r))),
    );
    return kept ? [] : [invalid(path(field, i), next![i], ONLY_ADDITIONS)];
  });
}

function isGated(spec: PodSpec): boolean {
  return (spec.schedulingGates?.length ?? 0) > 0;
}

/** Takes back what may change; what then still differs may not. */
function validateRest(now: PodSpec, before: PodSpec): FieldError[] {
  const rest: PodSpec = { ...now };
  const restoreImages = (list: Container[] | undefined, last: Container[] | undefined) =>
    list?.map((container, i) => ({ ...container, image: last?.[i]?.image }));
  rest.containers = restoreImages(now.containers, before.containers)!;
  const initContainers = restoreImages(now.initContainers, before.initContainers);
  if (initContainers) rest.initContainers = initContainers;
  for (const field of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates'] as const)
    restore(rest, before, field);
  if (isGated(before)) restorePlacement(rest, before);
  const grace = before.terminationGracePeriodSeconds;
  if (grace !== undefined && grace < 0 && now.terminationGracePeriodSeconds === 1) {
    restore(rest, before, 'terminationGracePeriodSeconds');
  }
  const changed = differences(rest, before, 'spec');
  return changed.length === 0 ? [] : [forbidden('spec', `${CHANGEABLE}\n${changed.join('\n')}`)];
}

/** Of the affinity only what is about nodes may change. */
function restorePlacement(rest: PodSpec, before: PodSpec): void {
  restore(rest, before, 'nodeSelector');
  const { nodeAffinity: _, ...others } = rest.affinity ?? {};
  const nodeAffinity = before.affinity?.nodeAffinity;
  const affinity = { ...others, ...(nodeAffinity && { nodeAffinity }) };
  if (before.affinity || Object.keys(affinity).length > 0) rest.affinity = affinity;
  else delete rest.affinity;
}

function restore(spec: PodSpec, from: PodSpec, field: keyof PodSpec): void {
  Object.assign(spec, { [field]: from[field] });
}

/** The paths at which two values differ, with both values, so that the caller sees what to take back. */
function differences(now: any, before: any, field: string): string[] {
  if (same(now, before)) return [];
  const objects = [now, before].every((v) => typeof v === 'object' && v !== null);
  if (!objects || Array.isArray(now) !== Array.isArray(before)) {
    return [`  ${field}: ${JSON.stringify(before) ?? 'unset'} -> ${JSON.stringify(now) ?? 'unset'}`];
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return keys.flatMap((key) => {
    const at = Array.isArray(now) ? `${field}[${key}]` : `${field}.${key}`;
    return differences(
      Object.hasOwn(now, key) ? now[key] : undefined,
      Object.hasOwn(before, key) ? before[key] : undefined,
      at,
    );
  });
}
