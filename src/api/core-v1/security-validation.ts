import {
  duplicate,
  invalid,
  notSupported,
  path,
  required,
  tooLong,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import { checked, inRange, oneOf } from '../meta-v1/checks.ts';
import type { Container, PodSpec } from './pod-spec.ts';
import { relativePath } from './volume-paths.ts';

type PodContext = NonNullable<PodSpec['securityContext']>;
type ContainerContext = NonNullable<Container['securityContext']>;
type Profile = { type?: string; localhostProfile?: string };

const MAX_ID = 2 ** 31 - 1;
const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

/** The rules of a pod's `securityContext`, with what depends on it. `field` is the context's path. */
export function validatePodSecurity(spec: PodSpec, field: string): FieldError[] {
  const context: PodContext = spec.securityContext ?? {};
  const errors: FieldError[] = [];
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalid(path(field, 'shareProcessNamespace'), true, detail));
  }
  return [
    ...errors,
    ...inRange(path(field, 'fsGroup'), context.fsGroup, 0, MAX_ID),
    ...inRange(path(field, 'runAsUser'), context.runAsUser, 0, MAX_ID),
    ...inRange(path(field, 'runAsGroup'), context.runAsGroup, 0, MAX_ID),
    ...(context.supplementalGroups ?? []).flatMap((id, i) =>
      inRange(`${field}.supplementalGroups[${i}]`, id, 0, MAX_ID),
    ),
    ...validateSysctls(context.sysctls ?? [], spec, path(field, 'sysctls')),
    ...oneOf(path(field, 'fsGroupChangePolicy'), context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']),
    ...validateSeccomp(context.seccompProfile, path(field, 'seccompProfile')),
    ...validateWindowsOptions(context.windowsOptions, path(field, 'windowsOptions')),
    ...validateAppArmor(context.appArmorProfile, path(field, 'appArmorProfile')),
    ...oneOf(path(field, 'supplementalGroupsPolicy'), context.supplementalGroupsPolicy, ['Merge', 'Strict']),
    ...oneOf(path(field, 'seLinuxChangePolicy'), context.seLinuxChangePolicy, ['MountOption', 'Recursive']),
  ];
}

const SYSCTL_SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL_RULE = `^(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}$`;
const sysctlSegment = new RegExp(`^${SYSCTL_SEGMENT}$`);

function validateSysctls(sysctls: readonly { name?: string }[], spec: PodSpec, field: string): FieldError[] {
  const seen = new Set<string>();
  return sysctls.flatMap(({ name = '' }, i) => {
    const at = `${field}[${i}].name`;
    const errors = validateSysctl(name, at);
    if (errors.length === 0 && seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    return [...errors, ...validateHostSysctl(name, spec, at)];
  });
}

function validateSysctl(name: string, field: string): FieldError[] {
  if (!name) return [required(field)];
  const sound = name.length <= 253 && name.split(/[./]/).every((segment) => sysctlSegment.test(segment));
  return sound ? [] : [invalid(field, name, `must have at most 253 characters and match regex ${SYSCTL_RULE}`)];
}

/** What belongs to a namespace of the kernel cannot be set where the host's own is used. */
function validateHostSysctl(name: string, spec: PodSpec, field: string): FieldError[] {
  const dotted = name.replaceAll('/', '.');
  if (spec.hostNetwork && dotted.startsWith('net.')) {
    return [invalid(field, name, "may not be specified when 'hostNetwork' is true")];
  }
  if (spec.hostIPC && /^(kernel\.shm|kernel\.msg|kernel\.sem$|fs\.mqueue\.)/.test(dotted)) {
    return [invalid(field, name, "may not be specified when 'hostIPC' is true")];
  }
  return [];
}

/** The rules of a container's `securityContext`. `hostUsers` is false for pods in a user namespace of their own. */
export function validateContainerSecurity(
  context: ContainerContext | undefined,
  field: string,
  hostUsers: boolean,
): FieldError[] {
  if (!context) return [];
  return [
    ...inRange(path(field, 'runAsUser'), context.runAsUser, 0, MAX_ID),
    ...inRange(path(field, 'runAsGroup'), context.runAsGroup, 0, MAX_ID),
    ...validateProcMount(context, path(field, 'procMount'), hostUsers),
    ...validateEscalation(context, field),
    ...validateWindowsOptions(context.windowsOptions, path(field, 'windowsOptions')),
    ...validateAppArmor(context.appArmorProfile, path(field, 'appArmorProfile')),
    ...validateSeccomp(context.seccompProfile, path(field, 'seccompProfile')),
  ];
}

function validateProcMount(context: ContainerContext, field: string, hostUsers: boolean): FieldError[] {
  const errors = oneOf(field, context.procMount, ['Default', 'Unmasked']);
  if (context.procMount === 'Unmasked' && hostUsers) {
    errors.push(invalid(field, 'Unmasked', '`hostUsers` must be false to use `Unmasked`'));
  }
  return errors;
}

function validateEscalation(context: ContainerContext, field: string): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const errors: FieldError[] = [];
  if (context.privileged) {
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    errors.push(invalid(field, context, detail));
  }
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
    errors.push(invalid(field, context, detail));
  }
  return errors;
}

function validateSeccomp(profile: Profile | undefined, field: string): FieldError[] {
  if (!profile) return [];
  const at = path(field, 'localhostProfile');
  const errors = profile.type
    ? oneOf(path(field, 'type'), profile.type, PROFILE_TYPES)
    : [required(path(field, 'type'), 'type is required when seccompProfile is set')];
  const local = profile.localhostProfile;
  if (profile.type === 'Localhost') {
    if (local === undefined) errors.push(required(at, 'must be set when seccomp type is Localhost'));
    else errors.push(...relativePath(at, local));
  } else if (local !== undefined) {
    errors.push(invalid(at, profile, 'can only be set when seccomp type is Localhost'));
  }
  return errors;
}

function validateAppArmor(profile: Profile | undefined, field: string): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile: local } = profile;
  if (!type) return [required(path(field, 'type'), 'type is required when appArmorProfile is set')];
  if (!PROFILE_TYPES.includes(type)) return [notSupported(path(field, 'type'), type, PROFILE_TYPES)];
  const at = path(field, 'localhostProfile');
  if (type !== 'Localhost') {
    return local === undefined ? [] : [invalid(at, local, 'can only be set when AppArmor type is Localhost')];
  }
  if (!local?.trim()) return [required(at, 'must be set when AppArmor type is Localhost')];
  const errors = local.trim() === local ? [] : [invalid(at, local, 'must not be padded with whitespace')];
  if (local.length > 4095) errors.push(tooLong(at, 4095));
  return errors;
}

const GMSA_LIMIT = 64 * 1024;

function validateWindowsOptions(options: PodContext['windowsOptions'], field: string): FieldError[] {
  if (!options) return [];
  const errors: FieldError[] = [];
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: credentials, runAsUserName: user } = options;
  if (name !== undefined) errors.push(...checked(path(field, 'gmsaCredentialSpecName'), name, dns1123Subdomain));
  const at = path(field, 'gmsaCredentialSpec');
  if (credentials === '') errors.push(invalid(at, '', 'gmsaCredentialSpec cannot be an empty string'));
  else if (credentials && Buffer.byteLength(credentials) > GMSA_LIMIT) {
    errors.push(invalid(at, credentials, `gmsaCredentialSpec size must be under ${GMSA_LIMIT / 1024} KiB`));
  }
  if (user !== undefined) errors.push(...validateWindowsUser(user, path(field, 'runAsUserName')));
  return errors;
}

function validateWindowsUser(user: string, field: string): FieldError[] {
  if (user === '') return [invalid(field, user, 'runAsUserName cannot be an empty string')];
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(user))
    return [invalid(field, user, 'runAsUserName cannot contain control characters')];
  const parts = user.split('\\');
  if (parts.length > 2) return [invalid(field, user, 'runAsUserName cannot contain more than one backslash')];
  const name = parts.at(-1)!;
  const errors: FieldError[] = [];
  if (name === '') errors.push(invalid(field, user, 'runAsUserName must have a username'));
  if (name.length > 104) errors.push(invalid(field, user, "runAsUserName's User length must be under 104 characters"));
  return errors;
}
