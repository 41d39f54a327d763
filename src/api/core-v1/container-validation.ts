import {
  duplicate,
  errorsOfItems,
  forbidden,
  invalid,
  path,
  required,
  tooMany,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { dns1123Label, portName } from '../../apimachinery/names.ts';
import { checked, noDuplicates, oneOf, portField, requiredOneOf, requiredText } from '../meta-v1/checks.ts';
import { validateEnv, validateEnvFrom } from './env-validation.ts';
import { validateDevices, validateMounts } from './mount-validation.ts';
import { validateResizePolicy } from './pod-resources-validation.ts';
import { isSidecar, type Container, type ContainerPort, type EphemeralContainer, type PodSpec } from './pod-spec.ts';
import { validateLifecycle, validateProbes } from './probe-validation.ts';
import { validateResources } from './resources-validation.ts';
import { validateContainerSecurity } from './security-validation.ts';
import type { SoundVolumes } from './volume-validation.ts';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];
const TERMINATION_POLICIES = ['FallbackToLogsOnError', 'File'];
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;

/** The rules of `spec.containers`: at least one, distinct names, each valid. */
export function validateContainers(spec: PodSpec, volumes: SoundVolumes, field: string): FieldError[] {
  const containers = spec.containers ?? [];
  if (containers.length === 0) return [required(field)];
  const names = new Set<string>();
  const errors = errorsOfItems(containers, (container, i) => {
    const at = path(field, i);
    return [
      ...validateContainer(container, spec, volumes, at),
      ...validateHooks(container, spec, at),
      ...validateRestart(container, at),
      ...once(names, container.name, at),
    ];
  });
  return [...errors, ...hostPortConflicts(containers, field, 0)];
}

/** The rules of `spec.initContainers`, which may neither probe nor hook unless they keep running. */
export function validateInitContainers(spec: PodSpec, volumes: SoundVolumes, field: string): FieldError[] {
  const names = new Set((spec.containers ?? []).map((c) => c.name));
  return errorsOfItems(spec.initContainers ?? [], (container, i) => {
    const at = path(field, i);
    return [
      ...validateContainer(container, spec, volumes, at),
      ...validateRestart(container, at),
      ...once(names, container.name, at),
      ...hostPortConflicts([container], field, i),
      ...(isSidecar(container) ? validateHooks(container, spec, at) : notOnInitContainers(container, at)),
    ];
  });
}

function once(names: Set<string>, name: string, at: string): FieldError[] {
  if (name && names.has(name)) return [duplicate(path(at, 'name'), name)];
  names.add(name);
  return [];
}

function validateHooks(container: Container, spec: PodSpec, at: string): FieldError[] {
  return [...validateLifecycle(container.lifecycle, path(at, 'lifecycle'), spec), ...validateProbes(container, at)];
}

function notOnInitContainers(container: Container, field: string): FieldError[] {
  const names = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;
  const errors = names
    .filter((name) => container[name])
    .map((name) => forbidden(path(field, name), 'may not be set for init containers without restartPolicy=Always'));
  if (container.resizePolicy?.length) {
    const detail = 'must not be set for init containers';
    errors.push(invalid(path(field, 'resizePolicy'), container.resizePolicy, detail));
  }
  return errors;
}

/** When this container is started again, whatever holds for its pod. */
function validateRestart(container: Container, field: string): FieldError[] {
  const rules = container.restartPolicyRules ?? [];
  const at = path(field, 'restartPolicyRules');
  const errors = oneOf(path(field, 'restartPolicy'), container.restartPolicy, RESTART_POLICIES);
  if (rules.length === 0) return errors;
  if (!container.restartPolicy) {
    errors.push(required(path(field, 'restartPolicy'), 'must specify restartPolicy when restart rules are used'));
  }
  if (rules.length > MAX_RULES) errors.push(tooMany(at, rules.length, MAX_RULES));
  return [...errors, ...rules.flatMap((rule, i) => validateRestartRule(rule, path(at, i)))];
}

function validateRestartRule(rule: NonNullable<Container['restartPolicyRules']>[number], field: string): FieldError[] {
  const errors = oneOf(path(field, 'action'), rule.action ?? '', ['Restart', 'RestartAllContainers']);
  const at = path(field, 'exitCodes');
  if (!rule.exitCodes) return [...errors, required(at, 'must be specified')];
  errors.push(...oneOf(path(at, 'operator'), rule.exitCodes.operator ?? '', ['In', 'NotIn']));
  const count = rule.exitCodes.values?.length ?? 0;
  return count > MAX_EXIT_CODES ? [...errors, tooMany(path(at, 'values'), count, MAX_EXIT_CODES)] : errors;
}

/** What holds for every sort of container. */
export function validateContainer(
  container: Container | EphemeralContainer,
  spec: PodSpec,
  volumes: SoundVolumes,
  field: string,
): FieldError[] {
  const at = (name: string) => path(field, name);
  const claims = spec.resourceClaims?.map((claim) => claim.name);
  const errors = requiredText(at('name'), container.name, dns1123Label);
  if (!container.image) errors.push(required(at('image')));
  errors.push(
    ...requiredOneOf(at('terminationMessagePolicy'), container.terminationMessagePolicy, TERMINATION_POLICIES),
  );
  if (container.ports) errors.push(...validatePorts(container.ports, spec, at('ports')));
  if (container.env) errors.push(...validateEnv(container.env, at('env')));
  if (container.envFrom) errors.push(...validateEnvFrom(container.envFrom, at('envFrom')));
  errors.push(
    ...validateMounts(container, volumes, at('volumeMounts')),
    ...validateDevices(container, volumes, at('volumeDevices')),
    ...requiredOneOf(at('imagePullPolicy'), container.imagePullPolicy, PULL_POLICIES),
    ...validateResources(container.resources, at('resources'), claims),
    ...validateResizePolicy(container.resizePolicy, spec.restartPolicy, at('resizePolicy')),
    ...validateContainerSecurity(container.securityContext, at('securityContext'), spec.hostUsers !== false),
  );
  return errors;
}

/** Images of pods (not of templates) are names without space around them. */
export function validateTrimmedImages(spec: PodSpec, field: string): FieldError[] {
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap(({ image }, i) =>
      image === undefined || image.trim() === image
        ? []
        : [invalid(`${field}.${list}[${i}].image`, image, 'must not have leading or trailing whitespace')],
    ),
  );
}

function validatePorts(ports: readonly ContainerPort[], spec: PodSpec, field: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const at = path(field, i);
    const errors = port.name ? checked(path(at, 'name'), port.name, portName) : [];
    if (port.name && errors.length === 0) errors.push(...once(names, port.name, at));
    return [...errors, ...validatePort(port, spec, at)];
  });
}

function validatePort(port: ContainerPort, spec: PodSpec, field: string): FieldError[] {
  const at = (name: string) => path(field, name);
  const errors = port.containerPort
    ? portField(at('containerPort'), port.containerPort)
    : [required(at('containerPort'))];
  if (port.hostPort) errors.push(...portField(at('hostPort'), port.hostPort));
  if (port.hostPort && spec.hostNetwork && port.hostPort !== port.containerPort) {
    errors.push(invalid(at('containerPort'), port.containerPort, 'must match `hostPort` when `hostNetwork` is true'));
  }
  return [...errors, ...requiredOneOf(at('protocol'), port.protocol, ['SCTP', 'TCP', 'UDP'])];
}

/** Containers that run at once cannot listen on one port of the host. `first` is the index of the first of them. */
function hostPortConflicts(containers: readonly Container[], field: string, first: number): FieldError[] {
  const used = containers.flatMap((container, i) =>
    (container.ports ?? []).flatMap((port, j) =>
      port.hostPort
        ? [
            [
              `${field}[${first + i}].ports[${j}].hostPort`,
              `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`,
            ] as const,
          ]
        : [],
    ),
  );
  return used.length > 1 ? noDuplicates(used) : [];
}
