import { forbidden, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { oneOf } from '../meta-v1/checks.ts';
import type { Container, EphemeralContainer, PodSpec } from './pod-spec.ts';

/** What Windows knows nothing of: fields of the spec, of its security context, and of a container's. */
const NOT_WINDOWS_SPEC = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const;
const NOT_WINDOWS_POD = [
  ...(['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'fsGroup', 'fsGroupChangePolicy', 'sysctls'] as const),
  ...(['runAsUser', 'runAsGroup', 'supplementalGroups', 'supplementalGroupsPolicy'] as const),
];
const NOT_WINDOWS_CONTAINER = [
  ...(['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem'] as const),
  ...(['privileged', 'allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup'] as const),
];
const LISTS = ['containers', 'initContainers', 'ephemeralContainers'] as const;

/** The rules of `spec.os`, and of what a pod of that system cannot have. */
export function validateOs(spec: PodSpec, field: string): FieldError[] {
  if (!spec.os) return [];
  const at = path(field, 'os', 'name');
  if (!spec.os.name) return [required(at, 'cannot be empty')];
  if (spec.os.name === 'windows') return validateWindows(spec, field);
  if (spec.os.name === 'linux') return validateLinux(spec, field);
  return oneOf(at, spec.os.name, ['linux', 'windows']);
}

function validateLinux(spec: PodSpec, field: string): FieldError[] {
  const contexts = [
    [spec.securityContext, path(field, 'securityContext')] as const,
    ...containers(spec, field).map(([c, at]) => [c.securityContext, path(at, 'securityContext')] as const),
  ];
  return contexts.flatMap(([context, at]) =>
    context?.windowsOptions
      ? [forbidden(path(at, 'windowsOptions'), 'windows options cannot be set for a linux pod')]
      : [],
  );
}

function validateWindows(spec: PodSpec, field: string): FieldError[] {
  const detail = 'cannot be set for a windows pod';
  const inContext = path(field, 'securityContext');
  // Fields of the host's namespaces have always been reported inside of the security context.
  const ofSpec = NOT_WINDOWS_SPEC.filter((name) => spec[name]);
  const ofPod = NOT_WINDOWS_POD.filter((name) => isSet(spec.securityContext?.[name]));
  return [
    ...ofSpec.map((name) => forbidden(path(inContext, name), detail)),
    ...ofPod.map((name) => forbidden(path(inContext, name), detail)),
    ...containers(spec, field).flatMap(([container, at]) =>
      NOT_WINDOWS_CONTAINER.filter((name) => isSet(container.securityContext?.[name])).map((name) =>
        forbidden(path(at, 'securityContext', name), detail),
      ),
    ),
  ];
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

function containers(spec: PodSpec, field: string): (readonly [Container | EphemeralContainer, string])[] {
  return LISTS.flatMap((list) => (spec[list] ?? []).map((c, i) => [c, path(path(field, list), i)] as const));
}

/** A pod whose containers are processes of a Windows host has nothing but such, on the host's network. */
export function validateHostProcess(spec: PodSpec, field: string): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const all = containers(spec, field).map(([c]) => c.securityContext?.windowsOptions?.hostProcess ?? ofPod ?? false);
  if (!all.includes(true)) return [];
  const errors: FieldError[] = [];
  const message = (detail: string) => `Invalid value: "": ${detail}`;
  if (all.includes(false)) {
    const detail = 'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    errors.push({ type: 'FieldValueInvalid', field, message: message(detail) });
  }
  if (!spec.hostNetwork) {
    const detail = 'hostNetwork must be true if pod contains any hostProcess containers';
    errors.push({
      type: 'FieldValueInvalid',
      field: path(field, 'hostNetwork'),
      message: `Invalid value: false: ${detail}`,
    });
  }
  return errors;
}
