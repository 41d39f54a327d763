import { duplicate, forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Label, portName } from '../../apimachinery/names.ts';
import { checked, noDuplicates, oneOf, portField, requiredOneOf, requiredText } from '../meta-v1/checks.ts';
import { validateEnv, validateEnvFrom } from './env-validation.ts';
import { isSidecar, type Container, type ContainerPort, type EphemeralContainer, type PodSpec } from './pod-spec.ts';
import { validateLifecycle, validateProbes } from './probe-validation.ts';
import { validateResources } from './resources-validation.ts';
import { relativePath } from './volume-validation.ts';

const INT32_MAX = 2 ** 31 - 1;
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];

/** The rules of `spec.containers`: at least one, distinct names, each valid. */
export function validateContainers(spec: PodSpec, field: string): FieldError[] {
  const containers = spec.containers ?? [];
  if (containers.length === 0) return [required(field)];
  return [
    ...containers.flatMap((container, i) => {
      const at = path(field, i);
      return [
        ...validateContainer(container, spec, at),
        ...validateLifecycle(container.lifecycle, path(at, 'lifecycle')),
        ...validateProbes(container, at),
      ];
    }),
    ...noDuplicates(containers.map((c, i) => [`${field}[${i}].name`, c.name] as const)),
  ];
}

/** The rules of `spec.initContainers`, which may neither probe nor hook unless they keep running. */
export function validateInitContainers(spec: PodSpec, field: string): FieldError[] {
  const taken = new Set((spec.containers ?? []).map((c) => c.name));
  return (spec.initContainers ?? []).flatMap((container, i) => {
    const at = path(field, i);
    const errors = validateContainer(container, spec, at);
    if (taken.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    taken.add(container.name);
    if (isSidecar(container)) {
      return [
        ...errors,
        ...validateLifecycle(container.lifecycle, path(at, 'lifecycle')),
        ...validateProbes(container, at),
      ];
    }
    return [...errors, ...notOnInitContainers(container, at)];
  });
}

function notOnInitContainers(container: Container, field: string): FieldError[] {
  const names = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;
  return names
    .filter((name) => container[name])
    .map((name) => forbidden(path(field, name), 'may not be set for init containers without restartPolicy=Always'));
}

/** What holds for every sort of container. */
export function validateContainer(
  container: Container | EphemeralContainer,
  spec: PodSpec,
  field: string,
): FieldError[] {
  const at = (name: string) => path(field, name);
  return [
    ...requiredText(at('name'), container.name, dns1123Label),
    ...validateImage(container.image, at('image')),
    ...oneOf(at('terminationMessagePolicy'), container.terminationMessagePolicy, ['FallbackToLogsOnError', 'File']),
    ...validatePorts(container.ports ?? [], spec, at('ports')),
    ...validateEnv(container.env ?? [], at('env')),
    ...validateEnvFrom(container.envFrom ?? [], at('envFrom')),
    ...validateMounts(container, spec, field),
    ...requiredOneOf(at('imagePullPolicy'), container.imagePullPolicy, PULL_POLICIES),
    ...validateResources(container.resources, at('resources')),
    ...validateSecurity(container, at('securityContext')),
    ...oneOf(at('restartPolicy'), container.restartPolicy, RESTART_POLICIES),
  ];
}

function validateImage(image: string | undefined, field: string): FieldError[] {
  if (!image) return [required(field)];
  return image.trim() === image ? [] : [invalid(field, image, 'must not have leading or trailing whitespace')];
}

function validatePorts(ports: readonly ContainerPort[], spec: PodSpec, field: string): FieldError[] {
  return [
    ...ports.flatMap((port, i) => validatePort(port, spec, path(field, i))),
    ...noDuplicates(ports.flatMap((port, i) => (port.name ? [[`${field}[${i}].name`, port.name] as const] : []))),
  ];
}

function validatePort(port: ContainerPort, spec: PodSpec, field: string): FieldError[] {
  const at = (name: string) => path(field, name);
  const errors = port.name ? checked(at('name'), port.name, portName) : [];
  errors.push(
    ...(port.containerPort ? portField(at('containerPort'), port.containerPort) : [required(at('containerPort'))]),
  );
  if (port.hostPort) errors.push(...portField(at('hostPort'), port.hostPort));
  if (port.hostPort && spec.hostNetwork && port.hostPort !== port.containerPort) {
    errors.push(invalid(at('containerPort'), port.containerPort, 'must match `hostPort` when `hostNetwork` is true'));
  }
  return [...errors, ...requiredOneOf(at('protocol'), port.protocol, ['SCTP', 'TCP', 'UDP'])];
}

/** Two containers of a pod cannot listen on one port of the host. */
export function hostPortConflicts(spec: PodSpec, field: string): FieldError[] {
  const used = (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap((container, i) =>
      (container.ports ?? []).flatMap((port, j) =>
        port.hostPort
          ? [
              [
                `${field}.${list}[${i}].ports[${j}].hostPort`,
                `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`,
              ] as const,
            ]
          : [],
      ),
    ),
  );
  return noDuplicates(used);
}

function validateMounts(container: Container | EphemeralContainer, spec: PodSpec, field: string): FieldError[] {
  const volumes = new Set((spec.volumes ?? []).map((v) => v.name));
  const mounts = container.volumeMounts ?? [];
  const known = (at: string, name: string | undefined): FieldError[] => {
    if (!name) return [required(at)];
    return volumes.has(name)
      ? []
      : [{ type: 'FieldValueNotFound', field: at, message: `Not found: ${JSON.stringify(name)}` }];
  };
  const paths = new Set<string>();
  return [
    ...mounts.flatMap((mount, i) => {
      const at = `${field}.volumeMounts[${i}]`;
      const errors = [...known(`${at}.name`, mount.name), ...requiredText(`${at}.mountPath`, mount.mountPath)];
      if (paths.has(mount.mountPath)) errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'));
      paths.add(mount.mountPath);
      if (mount.subPath) errors.push(...relativePath(`${at}.subPath`, mount.subPath));
      return errors;
    }),
    ...(container.volumeDevices ?? []).flatMap((device, i) => {
      const at = `${field}.volumeDevices[${i}]`;
      return [...known(`${at}.name`, device.name), ...requiredText(`${at}.devicePath`, device.devicePath)];
    }),
  ];
}

function validateSecurity(container: Container | EphemeralContainer, field: string): FieldError[] {
  const context = container.securityContext;
  if (!context) return [];
  const errors: FieldError[] = [];
  for (const name of ['runAsUser', 'runAsGroup'] as const) {
    const id = context[name];
    if (id !== undefined && (id < 0 || id > INT32_MAX)) {
      errors.push(invalid(path(field, name), id, `must be between 0 and ${INT32_MAX}, inclusive`));
    }
  }
  if (context.allowPrivilegeEscalation === false && context.privileged) {
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    errors.push(invalid(field, context, detail));
  }
  return errors;
}
