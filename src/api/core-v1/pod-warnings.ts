import { keyPath, path } from '../../apimachinery/field-error.ts';
import { dns1123Label } from '../../apimachinery/names.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { EmbeddedMeta } from '../meta-v1/types.ts';
import { containerWarnings } from './container-warnings.ts';
import { wholeBytes, type Warn } from './fractional-bytes.ts';
import { labelWarning, nodeTermWarnings } from './node-label-warnings.ts';
import { OLD_VOLUMES } from './old-volumes.ts';
import type { Affinity, PodSpec, PodTemplateSpec } from './pod-spec.ts';
import type { Pod } from './pod.ts';

type Meta = Pick<EmbeddedMeta, 'annotations'>;

/** Annotations that nobody reads any more, and what took their place. */
const OLD_ANNOTATIONS: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
};

/** What the creator of a pod is told. Changes are mostly made by programs, which do not listen. */
export function podWarnings(pod: Pod, old?: Pod): string[] {
  if (old) return [];
  return [...nameWarnings(pod.metadata.name), ...specWarnings(pod.spec!, pod.metadata, '')];
}

function nameWarnings(name: string): string[] {
  const errors = dns1123Label(name);
  if (errors.length === 0) return [];
  const what = "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior";
  return [`${what}; a DNS label is recommended: [${errors.join(' ')}]`];
}

/** What the writer of a pod template that stands at `field` is told. */
export function podTemplateWarnings(template: PodTemplateSpec | undefined, field: string): string[] {
  return template?.spec ? specWarnings(template.spec, template.metadata ?? {}, field) : [];
}

/** The same for any kind with `spec.template`, when what its owner wants has changed. */
export function workloadTemplateWarnings(
  workload: KubeObject & { spec?: { template?: PodTemplateSpec } },
  old?: KubeObject,
): string[] {
  if (old && old.metadata.generation === workload.metadata.generation) return [];
  return podTemplateWarnings(workload.spec?.template, 'spec.template');
}

/** `at` is where the pod or template stands: empty for a pod. */
function specWarnings(spec: PodSpec, meta: Meta, at: string): string[] {
  const field = path(at, 'spec');
  const warnings: string[] = [];
  const warn: Warn = (where, text) => warnings.push(`${where}: ${text}`);
  placement(spec, field, warn);
  annotations(spec, meta, at, warn);
  volumes(spec, field, warn);
  repeated(spec, field, warn);
  wholeBytes(spec.overhead, path(field, 'overhead'), warn);
  containerWarnings(spec, field, warn);
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const text = 'must be >= 0; negative values are invalid and will be treated as 1';
    warn(path(field, 'terminationGracePeriodSeconds'), text);
  }
  return warnings;
}

function placement(spec: PodSpec, field: string, warn: Warn): void {
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    const text = labelWarning(key);
    if (text) warn(keyPath(path(field, 'nodeSelector'), key), text);
  }
  nodeAffinity(spec.affinity?.nodeAffinity, path(field, 'affinity', 'nodeAffinity'), warn);
  (spec.topologySpreadConstraints ?? []).forEach((constraint, i) => {
    const at = `${field}.topologySpreadConstraints[${i}]`;
    const text = labelWarning(constraint.topologyKey ?? '');
    if (text) warn(path(at, 'topologyKey'), `${constraint.topologyKey} is ${text}`);
    if (!constraint.labelSelector) warn(path(at, 'labelSelector'), MATCHES_NOTHING);
  });
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    podAffinity(spec.affinity?.[kind], path(field, 'affinity', kind), warn);
  }
}

const MATCHES_NOTHING = 'a null labelSelector results in matching no pod';
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

function nodeAffinity(affinity: Affinity['nodeAffinity'], field: string, warn: Warn): void {
  (affinity?.[REQUIRED]?.nodeSelectorTerms ?? []).forEach((term, i) =>
    nodeTermWarnings(term, `${field}.${REQUIRED}.nodeSelectorTerms[${i}]`, warn),
  );
  (affinity?.[PREFERRED] ?? []).forEach((term, i) =>
    nodeTermWarnings(term.preference, `${field}.${PREFERRED}[${i}].preference`, warn),
  );
}

function podAffinity(affinity: Affinity['podAffinity'], field: string, warn: Warn): void {
  (affinity?.[REQUIRED] ?? []).forEach((term, i) => {
    if (!term.labelSelector) warn(`${field}.${REQUIRED}[${i}].labelSelector`, MATCHES_NOTHING);
  });
  (affinity?.[PREFERRED] ?? []).forEach((term, i) => {
    if (term.podAffinityTerm?.labelSelector) return;
    warn(`${field}.${PREFERRED}[${i}].podAffinityTerm.labelSelector`, MATCHES_NOTHING);
  });
}

const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod';

function annotations(spec: PodSpec, { annotations = {} }: Meta, at: string, warn: Warn): void {
  const field = path(at, 'metadata', 'annotations');
  for (const [key, text] of Object.entries(OLD_ANNOTATIONS)) {
    if (Object.hasOwn(annotations, key)) warn(keyPath(field, key), text);
  }
  if (Object.hasOwn(annotations, SECCOMP) && !spec.securityContext?.seccompProfile) {
    warn(keyPath(field, SECCOMP), 'non-functional in v1.27+; use the "seccompProfile" field instead');
  }
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    const own = container.securityContext;
    const seccomp = `container.seccomp.security.alpha.kubernetes.io/${container.name}`;
    if (Object.hasOwn(annotations, seccomp) && !own?.seccompProfile) {
      warn(keyPath(field, seccomp), 'non-functional in v1.27+; use the "seccompProfile" field instead');
    }
    const armor = `container.apparmor.security.beta.kubernetes.io/${container.name}`;
    if (Object.hasOwn(annotations, armor) && !own?.appArmorProfile && !spec.securityContext?.appArmorProfile) {
      warn(keyPath(field, armor), 'deprecated since v1.30; use the "appArmorProfile" field instead');
    }
  }
}

function volumes(spec: PodSpec, field: string, warn: Warn): void {
  (spec.volumes ?? []).forEach((volume, i) => {
    const at = `${field}.volumes[${i}]`;
    for (const source of Object.keys(volume)) {
      if (Object.hasOwn(OLD_VOLUMES, source)) warn(path(at, source), OLD_VOLUMES[source]!);
    }
    const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
    wholeBytes(claim?.resources?.requests, `${at}.ephemeral.volumeClaimTemplate.spec.resources.requests`, warn);
  });
}

function repeated(spec: PodSpec, field: string, warn: Warn): void {
  const ips = new Set<string>();
  (spec.hostAliases ?? []).forEach(({ ip }, i) => {
    if (ips.has(ip)) warn(`${field}.hostAliases[${i}].ip`, `duplicate ip ${JSON.stringify(ip)}`);
    ips.add(ip);
  });
  const names = new Set<string>();
  (spec.imagePullSecrets ?? []).forEach(({ name = '' }, i) => {
    const at = `${field}.imagePullSecrets[${i}].name`;
    if (names.has(name)) warn(at, `duplicate name ${JSON.stringify(name)}`);
    if (!name) warn(at, 'invalid empty name ""');
    names.add(name);
  });
}
