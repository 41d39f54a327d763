import { duplicate, forbidden, notFoundField, path, type FieldError } from '../../apimachinery/field-error.ts';
import { validateContainer } from './container-validation.ts';
import type { EphemeralContainer, PodSpec } from './pod-spec.ts';
import type { SoundVolumes } from './volume-validation.ts';

/** What a debug container cannot have: it never holds up or ends its pod, and nothing is set aside for it. */
const NOT_EPHEMERAL = [
  ...(['ports', 'lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const),
  ...(['resources', 'resizePolicy', 'restartPolicy', 'restartPolicyRules'] as const),
];
const DETAIL = 'cannot be set for an Ephemeral Container';

/** The rules of `spec.ephemeralContainers`. */
export function validateEphemeralContainers(spec: PodSpec, volumes: SoundVolumes, field: string): FieldError[] {
  const taken = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((c) => c.name));
  return (spec.ephemeralContainers ?? []).flatMap((container, i) => {
    const at = path(field, i);
    const errors = validateContainer(container, spec, volumes, at);
    if (taken.has(container.name)) errors.push(duplicate(path(at, 'name'), container.name));
    taken.add(container.name);
    return [...errors, ...validateTarget(container, spec, at), ...validateAllowed(container, at)];
  });
}

function validateTarget(container: EphemeralContainer, spec: PodSpec, at: string): FieldError[] {
  const target = container.targetContainerName;
  if (!target || [...(spec.containers ?? []), ...(spec.initContainers ?? [])].some((c) => c.name === target)) return [];
  return [notFoundField(path(at, 'targetContainerName'), target)];
}

function validateAllowed(container: EphemeralContainer, at: string): FieldError[] {
  const mounts = container.volumeMounts ?? [];
  return [
    ...NOT_EPHEMERAL.filter((name) => isSet(container[name])).map((name) => forbidden(path(at, name), DETAIL)),
    ...mounts.flatMap((mount, i) =>
      (['subPath', 'subPathExpr'] as const)
        .filter((name) => mount[name])
        .map((name) => forbidden(`${at}.volumeMounts[${i}].${name}`, DETAIL)),
    ),
  ];
}

function isSet(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}
