import { forbidden, invalid, path, type FieldError } from '../../apimachinery/field-error.ts';
import { same } from '../meta-v1/checks.ts';
import type { Container, PodSpec, Toleration } from './pod-spec.ts';
import type { Pod } from './pod.ts';
import { validateTolerations } from './toleration-validation.ts';

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
    ...validateImages(now),
    ...validateDeadline(now, before),
    ...validateTolerationChange(now.tolerations ?? [], before.tolerations ?? []),
    ...validateGateChange(now, before),
    ...validateNodeSelectorChange(now, before),
    ...validateRest(now, before),
  ];
}

/** An image may change, but not go. */
function validateImages(spec: PodSpec): FieldError[] {
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap((c, i) =>
      c.image === undefined || c.image.trim() === c.image
        ? []
        : [invalid(`spec.${list}[${i}].image`, c.image, 'must not have leading or trailing whitespace')],
    ),
  );
}

function validateDeadline(now: PodSpec, before: PodSpec): FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  const [next, last] = [now.activeDeadlineSeconds, before.activeDeadlineSeconds];
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

function validateNodeSelectorChange(now: PodSpec, before: PodSpec): FieldError[] {
  if (!isGated(before)) return [];
  const kept = Object.entries(before.nodeSelector ?? {}).every(([key, value]) => now.nodeSelector?.[key] === value);
  const detail = 'only additions are allowed (no mutations or deletions)';
  return kept ? [] : [invalid('spec.nodeSelector', now.nodeSelector, detail)];
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
  if (isGated(before)) restore(rest, before, 'nodeSelector');
  if (isGated(before) && !before.affinity) restore(rest, before, 'affinity');
  const grace = before.terminationGracePeriodSeconds;
  if (grace !== undefined && grace < 0 && now.terminationGracePeriodSeconds === 1) {
    restore(rest, before, 'terminationGracePeriodSeconds');
  }
  const changed = differences(rest, before, 'spec');
  return changed.length === 0 ? [] : [forbidden('spec', `${CHANGEABLE}\n${changed.join('\n')}`)];
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
