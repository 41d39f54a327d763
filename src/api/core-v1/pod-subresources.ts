import { conflict } from '../../apimachinery/api-error.ts';
import { duplicate, forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { statusSubresource, type StrategyContext, type Subresource } from '../../apimachinery/kind.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { same } from '../meta-v1/checks.ts';
import type { Binding } from './binding.ts';
import { validateContainer } from './container-validation.ts';
import type { Container, EphemeralContainer, PodSpec } from './pod-spec.ts';
import type { Pod } from './pod.ts';
import { qosClass } from './qos-class.ts';
import { validateResources } from './resources-validation.ts';

const BINDING = { group: '', plural: 'pods/binding' };

/** What a debug container cannot have: it never holds up or ends its pod. */
const NOT_EPHEMERAL = ['ports', 'lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;

/** Puts a pod on the node that `binding` names; once it is there it stays there. */
function bind(pod: Pod, binding: Binding, context?: StrategyContext): Pod {
  const { name } = pod.metadata;
  if (pod.metadata.deletionTimestamp) {
    throw conflict(BINDING, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (pod.spec?.nodeName) {
    throw conflict(BINDING, name, `pod ${name} is already assigned to node "${pod.spec.nodeName}"`);
  }
  if (pod.spec?.schedulingGates?.length) {
    throw conflict(BINDING, name, `pod ${name} has non-empty .spec.schedulingGates`);
  }
  const annotations = { ...pod.metadata.annotations, ...binding.metadata?.annotations };
  const labels = { ...binding.metadata?.labels, ...pod.metadata.labels };
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(Object.keys(annotations).length > 0 && { annotations }),
      ...(Object.keys(labels).length > 0 && { labels }),
    },
    spec: { ...pod.spec!, nodeName: binding.target?.name ?? '' },
    status: { ...pod.status, conditions: scheduled(pod, context) },
  };
}

function scheduled(pod: Pod, context?: StrategyContext) {
  const others = (pod.status?.conditions ?? []).filter((c) => c.type !== 'PodScheduled');
  const since = context && { lastTransitionTime: formatTime(context.now) };
  return [...others, { type: 'PodScheduled', status: 'True', ...since }];
}

function validateBound(pod: Pod): FieldError[] {
  return pod.spec?.nodeName ? [] : [required('target.name')];
}

/** Debug containers can be added to a running pod; those that are there stay as they are. */
function validateEphemeral(pod: Pod, old: Pod): FieldError[] {
  const field = 'spec.ephemeralContainers';
  const now = pod.spec?.ephemeralContainers ?? [];
  const before = old.spec?.ephemeralContainers ?? [];
  const kept = before.flatMap((container) => {
    const next = now.find((c) => c.name === container.name);
    if (!next) return [forbidden(field, `existing ephemeral containers "${container.name}" may not be removed`)];
    return same(next, container)
      ? []
      : [forbidden(field, `existing ephemeral containers "${container.name}" may not be changed`)];
  });
  return [...validateEphemeralContainers(pod.spec!), ...kept];
}

/** The rules of `spec.ephemeralContainers`. */
export function validateEphemeralContainers(spec: PodSpec): FieldError[] {
  const taken = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((c) => c.name));
  return (spec.ephemeralContainers ?? []).flatMap((container, i) => {
    const at = path('spec.ephemeralContainers', i);
    const errors = validateContainer(container, spec, at);
    if (taken.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    taken.add(container.name);
    return [...errors, ...notEphemeral(container, spec, at)];
  });
}

function notEphemeral(container: EphemeralContainer, spec: PodSpec, at: string): FieldError[] {
  const errors = NOT_EPHEMERAL.filter((name) => container[name]).map((name) =>
    forbidden(path(at, name), 'cannot be set for an Ephemeral Container'),
  );
  const target = container.targetContainerName;
  if (target && !(spec.containers ?? []).some((c) => c.name === target)) {
    const message = `Not found: ${JSON.stringify(target)}`;
    errors.push({ type: 'FieldValueNotFound', field: path(at, 'targetContainerName'), message });
  }
  return errors;
}

/** Takes over the resources of containers and nothing else. */
function resize(pod: Pod, sent: Pod): Pod {
  const takeOver = (now: Container[] | undefined, next: Container[] | undefined) =>
    now?.map((container) => {
      const wanted = next?.find((c) => c.name === container.name);
      return wanted ? { ...container, resources: wanted.resources ?? {} } : container;
    });
  const spec: PodSpec = { ...pod.spec!, containers: takeOver(pod.spec?.containers, sent.spec?.containers) ?? [] };
  if (pod.spec?.initContainers) spec.initContainers = takeOver(pod.spec.initContainers, sent.spec?.initContainers)!;
  return { ...pod, spec };
}

function validateResize(pod: Pod, old: Pod): FieldError[] {
  const errors = (pod.spec?.containers ?? []).flatMap((c, i) =>
    validateResources(c.resources, `spec.containers[${i}].resources`),
  );
  if (qosClass(pod.spec!) !== qosClass(old.spec!)) {
    errors.push(invalid('spec', qosClass(pod.spec!), 'Pod QOS Class may not change as a result of resizing'));
  }
  return errors;
}

/** Everything below `/pods/<name>/`. */
export const podSubresources: readonly Subresource<Pod>[] = [
  { name: 'attach', verbs: ['create', 'get'], connect: true },
  {
    name: 'binding',
    verbs: ['create'],
    kind: { group: '', version: 'v1', kind: 'Binding' },
    definition: 'io.k8s.api.core.v1.Binding',
    set: bind,
    validate: validateBound,
  },
  {
    name: 'ephemeralcontainers',
    verbs: ['get', 'patch', 'update'],
    set: (pod, sent: Pod) => ({
      ...pod,
      spec: { ...pod.spec!, ephemeralContainers: sent.spec?.ephemeralContainers ?? [] },
    }),
    validate: validateEphemeral,
  },
  {
    name: 'eviction',
    verbs: ['create'],
    kind: { group: 'policy', version: 'v1', kind: 'Eviction' },
    definition: 'io.k8s.api.policy.v1.Eviction',
    connect: true,
  },
  { name: 'exec', verbs: ['create', 'get'], connect: true },
  { name: 'log', verbs: ['get'], connect: true },
  { name: 'portforward', verbs: ['create', 'get'], connect: true },
  { name: 'proxy', verbs: ['create', 'delete', 'get', 'patch', 'update'], connect: true },
  { name: 'resize', verbs: ['get', 'patch', 'update'], set: resize, validate: validateResize },
  statusSubresource,
];
