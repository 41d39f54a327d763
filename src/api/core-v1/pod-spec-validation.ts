import { duplicate, forbidden, invalid, path, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../../apimachinery/names.ts';
import { checked, inRange, requiredOneOf, validateLabels } from '../meta-v1/checks.ts';
import { validateAffinity } from './affinity-validation.ts';
import { validateContainers, validateInitContainers } from './container-validation.ts';
import { validateDnsConfig } from './dns-validation.ts';
import { validateEphemeralContainers } from './ephemeral-container-validation.ts';
import { isIp, IP_RULE } from './ip.ts';
import { validateHostProcess, validateOs } from './os-validation.ts';
import { validatePodResources, validateResourceClaims } from './pod-resources-validation.ts';
import type { PodSpec } from './pod-spec.ts';
import { validateResources } from './resources-validation.ts';
import { validatePodSecurity } from './security-validation.ts';
import { validateTolerations } from './toleration-validation.ts';
import { validateTopologySpread } from './topology-spread-validation.ts';
import { validateVolumes } from './volume-validation.ts';

const INT32_MAX = 2 ** 31 - 1;
const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/** Every rule of a pod's spec, in the order in which clients know the errors. `field` is the spec's own path. */
export function validatePodSpec(spec: PodSpec, field: string): FieldError[] {
  const at = (name: string) => path(field, name);
  const { errors, sound } = validateVolumes(spec.volumes ?? [], at('volumes'));
  return [
    ...errors,
    ...validateResourceClaims(spec, at('resourceClaims')),
    ...validateContainers(spec, sound, at('containers')),
    ...validateInitContainers(spec, sound, at('initContainers')),
    ...validateEphemeralContainers(spec, sound, at('ephemeralContainers')),
    ...validatePodResources(spec, at('resources')),
    ...requiredOneOf(at('restartPolicy'), spec.restartPolicy, RESTART_POLICIES),
    ...requiredOneOf(at('dnsPolicy'), spec.dnsPolicy, DNS_POLICIES),
    ...validateLabels(at('nodeSelector'), spec.nodeSelector),
    ...validatePodSecurity(spec, at('securityContext')),
    ...validateAffinity(spec.affinity, at('affinity')),
    ...validateDnsConfig(spec, at('dnsConfig')),
    ...validateGates(spec, field),
    ...validateTopologySpread(spec.topologySpreadConstraints ?? [], at('topologySpreadConstraints')),
    ...validateHostProcess(spec, field),
    ...validateHostUsers(spec, field),
    ...validateReferences(spec, field),
    ...inRange(at('activeDeadlineSeconds'), spec.activeDeadlineSeconds, 1, INT32_MAX),
    ...validateHostname(spec, field),
    ...validateTolerations(spec.tolerations ?? [], at('tolerations')),
    ...validateHostAliases(spec, at('hostAliases')),
    ...validateClasses(spec, field),
    ...validateOverhead(spec, at('overhead')),
    ...validateOs(spec, field),
  ];
}

/** What readiness and scheduling wait for. */
function validateGates(spec: PodSpec, field: string): FieldError[] {
  const seen = new Set<string>();
  return [
    ...(spec.readinessGates ?? []).flatMap((gate, i) =>
      checked(`${field}.readinessGates[${i}].conditionType`, gate.conditionType ?? '', qualifiedName),
    ),
    ...(spec.schedulingGates ?? []).flatMap((gate, i) => {
      const at = `${field}.schedulingGates[${i}]`;
      const errors = checked(at, gate.name ?? '', qualifiedName);
      if (seen.has(gate.name)) errors.push(duplicate(at, gate.name));
      seen.add(gate.name);
      return errors;
    }),
  ];
}

/** A pod with users of its own shares nothing with the host. */
function validateHostUsers(spec: PodSpec, field: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name]);
  const errors = shared.map((name) => forbidden(path(field, name), 'when `hostUsers` is false'));
  const devices = (spec.containers ?? []).flatMap((container, i) =>
    container.volumeDevices?.length
      ? [forbidden(`${field}.containers[${i}].volumeDevices`, 'when `hostUsers` is false')]
      : [],
  );
  return [...errors, ...devices];
}

function optionalName(spec: PodSpec, name: keyof PodSpec, field: string, check = dns1123Subdomain): FieldError[] {
  const value = spec[name] as string | undefined;
  return value ? checked(path(field, name), value, check) : [];
}

function validateReferences(spec: PodSpec, field: string): FieldError[] {
  return [...optionalName(spec, 'serviceAccountName', field), ...optionalName(spec, 'nodeName', field)];
}

function validateHostname(spec: PodSpec, field: string): FieldError[] {
  const errors = [
    ...optionalName(spec, 'hostname', field, dns1123Label),
    ...optionalName(spec, 'subdomain', field, dns1123Label),
  ];
  const override = spec.hostnameOverride;
  if (override === undefined) return errors;
  const at = path(field, 'hostnameOverride');
  if (spec.setHostnameAsFQDN) {
    errors.push(forbidden(at, 'may not be specified when `setHostnameAsFQDN` is true'));
  }
  if (spec.hostNetwork) errors.push(forbidden(at, 'may not be specified when `hostNetwork` is true'));
  if (override.length > 64) errors.push(invalid(at, override, 'must be no more than 64 characters'));
  return [...errors, ...checked(at, override, dns1123Subdomain)];
}

function validateHostAliases(spec: PodSpec, field: string): FieldError[] {
  return (spec.hostAliases ?? []).flatMap((alias, i) => [
    ...(isIp(alias.ip ?? '') ? [] : [invalid(`${field}[${i}].ip`, alias.ip ?? '', IP_RULE)]),
    ...(alias.hostnames ?? []).flatMap((name, j) => checked(`${field}[${i}].hostnames[${j}]`, name, dns1123Subdomain)),
  ]);
}

function validateClasses(spec: PodSpec, field: string): FieldError[] {
  const policies = ['Never', 'PreemptLowerPriority'];
  return [
    ...optionalName(spec, 'priorityClassName', field),
    ...(spec.runtimeClassName === undefined
      ? []
      : checked(path(field, 'runtimeClassName'), spec.runtimeClassName, dns1123Subdomain)),
    ...(spec.preemptionPolicy === undefined
      ? []
      : requiredOneOf(path(field, 'preemptionPolicy'), spec.preemptionPolicy, policies)),
  ];
}

/** The overhead is judged as if a container were limited to it. */
function validateOverhead(spec: PodSpec, field: string): FieldError[] {
  return spec.overhead ? validateResources({ limits: spec.overhead }, field) : [];
}
