import { forbidden, invalid, notFoundField, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { oneOf } from '../meta-v1/checks.ts';
import type { Container, EphemeralContainer } from './pod-spec.ts';
import { noBackSteps, relativePath } from './volume-paths.ts';
import type { SoundVolumes } from './volume-validation.ts';

type AnyContainer = Container | EphemeralContainer;
type Mount = NonNullable<Container['volumeMounts']>[number];
type Device = NonNullable<Container['volumeDevices']>[number];

/** The rules of `volumeMounts`: known volumes, each path once. Some errors name the list and no index. */
export function validateMounts(container: AnyContainer, volumes: SoundVolumes, field: string): FieldError[] {
  const devices = container.volumeDevices ?? [];
  const paths = new Set<string>();
  return (container.volumeMounts ?? []).flatMap((mount, i) => {
    const at = path(field, i);
    const errors = mount.name ? [] : [required(path(at, 'name'))];
    if (!volumes.has(mount.name)) errors.push(notFoundField(path(at, 'name'), mount.name ?? ''));
    if (!mount.mountPath) errors.push(required(path(at, 'mountPath')));
    if (paths.has(mount.mountPath)) errors.push(invalid(path(at, 'mountPath'), mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
    if (devices.some((device) => device.name === mount.name)) {
      errors.push(invalid(path(at, 'name'), mount.name, 'must not already exist in volumeDevices'));
    }
    if (devices.some((device) => device.devicePath === mount.mountPath)) {
      const detail = 'must not already exist as a path in volumeDevices';
      errors.push(invalid(path(at, 'mountPath'), mount.mountPath, detail));
    }
    return [...errors, ...validateMountOptions(mount, container, field, at)];
  });
}

function validateMountOptions(mount: Mount, container: AnyContainer, field: string, at: string): FieldError[] {
  const errors = mount.subPath ? relativePath(path(field, 'subPath'), mount.subPath) : [];
  if (mount.subPathExpr) {
    if (mount.subPath) {
      const detail = 'subPathExpr and subPath are mutually exclusive';
      errors.push(invalid(path(at, 'subPathExpr'), mount.subPathExpr, detail));
    }
    errors.push(...relativePath(path(field, 'subPathExpr'), mount.subPathExpr));
  }
  return [
    ...errors,
    ...validatePropagation(mount, container, path(field, 'mountPropagation')),
    ...validateRecursiveReadOnly(mount, path(at, 'recursiveReadOnly')),
  ];
}

function validatePropagation(mount: Mount, container: AnyContainer, field: string): FieldError[] {
  const mode = mount.mountPropagation;
  if (mode === undefined) return [];
  const errors = oneOf(field, mode, ['Bidirectional', 'HostToContainer', 'None']);
  if (mode === 'Bidirectional' && !container.securityContext?.privileged) {
    const detail = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(forbidden(field, detail));
  }
  return errors;
}

function validateRecursiveReadOnly(mount: Mount, field: string): FieldError[] {
  const mode = mount.recursiveReadOnly;
  if (mode === undefined || mode === 'Disabled') return [];
  if (mode !== 'Enabled' && mode !== 'IfPossible') return oneOf(field, mode, ['Disabled', 'Enabled', 'IfPossible']);
  const errors: FieldError[] = [];
  if (!mount.readOnly) errors.push(forbidden(field, 'may only be specified when readOnly is true'));
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None') {
    errors.push(forbidden(field, 'may only be specified when mountPropagation is None or not specified'));
  }
  return errors;
}

/** The rules of `volumeDevices`: block devices are claims, each with a path of its own. */
export function validateDevices(container: AnyContainer, volumes: SoundVolumes, field: string): FieldError[] {
  const names = new Set<string>();
  const paths = new Set<string>();
  return (container.volumeDevices ?? []).flatMap((device, i) => {
    const at = path(field, i);
    const errors = validateDevice(device, container, volumes, at);
    if (names.has(device.name)) errors.push(invalid(path(at, 'name'), device.name, 'must be unique'));
    if (paths.has(device.devicePath)) errors.push(invalid(path(at, 'devicePath'), device.devicePath, 'must be unique'));
    names.add(device.name);
    paths.add(device.devicePath);
    return errors;
  });
}

function validateDevice(device: Device, container: AnyContainer, volumes: SoundVolumes, at: string): FieldError[] {
  const errors = device.name ? [] : [required(path(at, 'name'))];
  const volume = volumes.get(device.name);
  if (!volume) errors.push(notFoundField(path(at, 'name'), device.name ?? ''));
  else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
    const detail = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
    errors.push(invalid(path(at, 'name'), device.name, detail));
  }
  if (!device.devicePath) errors.push(required(path(at, 'devicePath')));
  else if (noBackSteps('', device.devicePath).length > 0) {
    errors.push(invalid(path(at, 'devicePath'), device.devicePath, "can not contain backsteps ('..')"));
  }
  const mounts = container.volumeMounts ?? [];
  if (mounts.some((mount) => mount.name === device.name)) {
    errors.push(invalid(path(at, 'name'), device.name, 'must not already exist in volumeMounts'));
  }
  if (mounts.some((mount) => mount.mountPath === device.devicePath)) {
    const detail = 'must not already exist as a path in volumeMounts';
    errors.push(invalid(path(at, 'devicePath'), device.devicePath, detail));
  }
  return errors;
}
