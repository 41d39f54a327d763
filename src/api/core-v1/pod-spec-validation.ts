import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../../apimachinery/names.ts';
import {
  checked,
  noDuplicates,
  oneOf,
  requiredOneOf,
  requiredText,
  validateLabels,
  validateLabelSelector,
  validateQuantities,
} from '../meta-v1/checks.ts';
import { validateAffinity } from './affinity-validation.ts';
import { hostPortConflicts, validateContainers, validateInitContainers } from './container-validation.ts';
import { isIp, IP_RULE } from './ip.ts';
import { type PodSpec } from './pod-spec.ts';
import { validateTolerations } from './toleration-validation.ts';
import { validateVolumes } from './volume-validation.ts';

const INT32_MAX = 2 ** 31 - 1;

/** Every rule of a pod's spec, in the order in which clients know the errors. `field` is the spec's own path. */
export function validatePodSpec(spec: PodSpec, field: string): FieldError[] {
  const at = (name: string) => path(field, name);
  return [
    ...validateVolumes(spec.volumes ?? [], at('volumes')),
    ...validateContainers(spec, at('containers')),
    ...validateInitContainers(spec, at('initContainers')),
    ...hostPortConflicts(spec, field),
    ...requiredOneOf(at('restartPolicy'), spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    ...validateDns(spec, field),
    ...validateLabels(at('nodeSelector'), spec.nodeSelector),
    ...validateSecurity(spec, at('securityContext')),
    ...(spec.imagePullSecrets ?? []).flatMap((s, i) => requiredText(`${at('imagePullSecrets')}[${i}].name`, s.name)),
    ...validateAffinity(spec.affinity, at('affinity')),
    ...validateGates(spec, field),
    ...validateSpreading(spec, at('topologySpreadConstraints')),
    ...validateReferences(spec, field),
    ...validateDeadlines(spec, field),
    ...validateTolerations(spec.tolerations ?? [], at('tolerations')),
    ...validateHostAliases(spec, at('hostAliases')),
    ...validateQuantities(at('overhead'), spec.overhead),
    ...(spec.os ? requiredOneOf(at('os.name'), spec.os.name, ['linux', 'windows']) : []),
  ];
}

function validateDns(spec: PodSpec, field: string): FieldError[] {
  const supported = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
  const errors = requiredOneOf(path(field, 'dnsPolicy'), spec.dnsPolicy, supported);
  const at = path(field, 'dnsConfig');
  const nameservers = spec.dnsConfig?.nameservers ?? [];
  if (spec.dnsPolicy === 'None' && nameservers.length === 0) {
    const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    errors.push(required(spec.dnsConfig ? path(at, 'nameservers') : at, detail));
  }
  if (nameservers.length > 3) {
    errors.push(invalid(path(at, 'nameservers'), nameservers, 'must not have more than 3 nameservers'));
  }
  nameservers.forEach((server, i) => {
    if (!isIp(server)) errors.push(invalid(`${at}.nameservers[${i}]`, server, IP_RULE));
  });
  return errors;
}

function validateSecurity(spec: PodSpec, field: string): FieldError[] {
  const context = spec.securityContext;
  if (!context) return [];
  return [
    ...idInRange(path(field, 'runAsUser'), context.runAsUser),
    ...idInRange(path(field, 'runAsGroup'), context.runAsGroup),
    ...idInRange(path(field, 'fsGroup'), context.fsGroup),
    ...(context.supplementalGroups ?? []).flatMap((id, i) => idInRange(`${field}.supplementalGroups[${i}]`, id)),
    ...oneOf(path(field, 'fsGroupChangePolicy'), context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']),
  ];
}

function idInRange(field: string, id: number | undefined): FieldError[] {
  const fits = id === undefined || (id >= 0 && id <= INT32_MAX);
  return fits ? [] : [invalid(field, id, `must be between 0 and ${INT32_MAX}, inclusive`)];
}

function validateGates(spec: PodSpec, field: string): FieldError[] {
  const readiness = (spec.readinessGates ?? []).flatMap((gate, i) =>
    checked(`${field}.readinessGates[${i}].conditionType`, gate.conditionType, qualifiedName),
  );
  const gates = spec.schedulingGates ?? [];
  const at = (i: number) => `${field}.schedulingGates[${i}]`;
  return [
    ...readiness,
    ...gates.flatMap((gate, i) => checked(`${at(i)}.name`, gate.name ?? '', qualifiedName)),
    ...noDuplicates(gates.map((gate, i) => [at(i), gate.name] as const)),
  ];
}

function validateSpreading(spec: PodSpec, field: string): FieldError[] {
  return (spec.topologySpreadConstraints ?? []).flatMap((constraint, i) => {
    const at = `${field}[${i}]`;
    const skew = constraint.maxSkew ?? 0;
    return [
      ...(skew <= 0 ? [invalid(`${at}.maxSkew`, skew, 'must be greater than zero')] : []),
      ...requiredText(`${at}.topologyKey`, constraint.topologyKey, qualifiedName, 'can not be empty'),
      ...oneOf(`${at}.whenUnsatisfiable`, constraint.whenUnsatisfiable ?? '', ['DoNotSchedule', 'ScheduleAnyway']),
      ...validateLabelSelector(`${at}.labelSelector`, constraint.labelSelector),
    ];
  });
}

/** Names of other things, which must be possible names. */
function validateReferences(spec: PodSpec, field: string): FieldError[] {
  const optional = (name: keyof PodSpec, check: (value: string) => string[]) => {
    const value = spec[name] as string | undefined;
    return value ? checked(path(field, name), value, check) : [];
  };
  return [
    ...optional('serviceAccountName', dns1123Subdomain),
    ...optional('nodeName', dns1123Subdomain),
    ...optional('hostname', dns1123Label),
    ...optional('subdomain', dns1123Label),
    ...optional('priorityClassName', dns1123Subdomain),
    ...optional('runtimeClassName', dns1123Subdomain),
    ...oneOf(path(field, 'preemptionPolicy'), spec.preemptionPolicy, ['Never', 'PreemptLowerPriority']),
  ];
}

function validateDeadlines(spec: PodSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > INT32_MAX)) {
    const detail = `must be between 1 and ${INT32_MAX}, inclusive`;
    errors.push(invalid(path(field, 'activeDeadlineSeconds'), deadline, detail));
  }
  return errors;
}

function validateHostAliases(spec: PodSpec, field: string): FieldError[] {
  return (spec.hostAliases ?? []).flatMap((alias, i) => [
    ...(isIp(alias.ip ?? '') ? [] : [invalid(`${field}[${i}].ip`, alias.ip ?? '', IP_RULE)]),
    ...(alias.hostnames ?? []).flatMap((name, j) => checked(`${field}[${i}].hostnames[${j}]`, name, dns1123Subdomain)),
  ]);
}
