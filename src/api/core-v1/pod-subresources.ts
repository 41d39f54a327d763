import { badRequest, conflict, invalidObject } from '../../apimachinery/api-error.ts';
import { forbidden, notSupported, required, type FieldError } from '../../apimachinery/field-error.ts';
import { statusSubresource, type StrategyContext, type Subresource } from '../../apimachinery/kind.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { same } from '../meta-v1/checks.ts';
import type { Binding } from './binding.ts';
import { proxySubresource } from './proxy-subresource.ts';
import { validateEphemeralContainers } from './ephemeral-container-validation.ts';
import { resize, validateResize } from './pod-resize.ts';
import { validatePodStatus } from './pod-status-validation.ts';
import type { Pod } from './pod.ts';
import { validateVolumes } from './volume-validation.ts';

const BINDING = { group: '', plural: 'pods/binding' };

/** Puts a pod on the node that `binding` names; once it is there it stays there. */
function bind(pod: Pod, binding: Binding, context?: StrategyContext): Pod {
  const { name } = pod.metadata;
  if (binding.metadata.name !== name) throw badRequest('name in URL does not match name in Binding object');
  const errors = validateBinding(binding);
  if (errors.length > 0) throw invalidObject({ group: '', kind: 'Binding' }, name, errors);
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
    status: { ...statusWithoutPromise(pod), conditions: scheduled(pod, context) },
  };
}

/** A pod that has a node is promised none any more. */
function statusWithoutPromise(pod: Pod): Pod['status'] {
  const { nominatedNodeName: _, ...status } = pod.status ?? {};
  return status;
}

function scheduled(pod: Pod, context?: StrategyContext) {
  const others = (pod.status?.conditions ?? []).filter((c) => c.type !== 'PodScheduled');
  const since = context && { lastTransitionTime: formatTime(context.now) };
  return [...others, { type: 'PodScheduled', status: 'True', ...since }];
}

function validateBinding({ target }: Binding): FieldError[] {
  const errors: FieldError[] = [];
  if (target?.kind && target.kind !== 'Node') {
    errors.push(notSupported('target.kind', target.kind, ['Node', '<empty>']));
  }
  if (!target?.name) errors.push(required('target.name'));
  return errors;
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
  const { sound } = validateVolumes(pod.spec?.volumes ?? [], 'spec.volumes');
  return [...validateEphemeralContainers(pod.spec!, sound, field), ...kept];
}

const options = (kind: string) => ({ group: '', version: 'v1', kind });

/** Everything below `/pods/<name>/`. */
export const podSubresources: readonly Subresource<Pod>[] = [
  { name: 'attach', verbs: ['create', 'get'], kind: options('PodAttachOptions'), connect: true },
  {
    name: 'binding',
    verbs: ['create'],
    kind: { group: '', version: 'v1', kind: 'Binding' },
    definition: 'io.k8s.api.core.v1.Binding',
    set: bind,
    validate: () => [],
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
  { name: 'exec', verbs: ['create', 'get'], kind: options('PodExecOptions'), connect: true },
  { name: 'log', verbs: ['get'], connect: true },
  { name: 'portforward', verbs: ['create', 'get'], kind: options('PodPortForwardOptions'), connect: true },
  proxySubresource('PodProxyOptions'),
  { name: 'resize', verbs: ['get', 'patch', 'update'], set: resize, validate: validateResize },
  { ...statusSubresource, validate: validatePodStatus },
];
