import { forbidden, invalid, path, type FieldError } from '../../apimachinery/field-error.ts';
import { same } from '../meta-v1/checks.ts';
import { isSidecar, type Container, type PodSpec } from './pod-spec.ts';
import type { Pod } from './pod.ts';
import { validatePodResources } from './pod-resources-validation.ts';
import { qosClass } from './qos-class.ts';
import { validateResources } from './resources-validation.ts';

const LISTS = ['containers', 'initContainers'] as const;
const KINDS = ['limits', 'requests'] as const;
/** The annotation of pods that the API server shows but a file on the node defines. */
const STATIC_POD = 'kubernetes.io/config.mirror';

/** Takes over the resources and resize policies of containers and nothing else. */
export function resize(pod: Pod, sent: Pod): Pod {
  const takeOver = (now: Container[] | undefined, next: Container[] | undefined) =>
    now?.map((container) => {
      const wanted = next?.find((c) => c.name === container.name);
      return wanted ? withResources(container, wanted) : container;
    });
  const spec: PodSpec = { ...pod.spec!, containers: takeOver(pod.spec?.containers, sent.spec?.containers) ?? [] };
  if (pod.spec?.initContainers) spec.initContainers = takeOver(pod.spec.initContainers, sent.spec?.initContainers)!;
  if (sent.spec?.resources) spec.resources = sent.spec.resources;
  return { ...pod, spec };
}

function withResources(container: Container, wanted: Container): Container {
  const { resizePolicy: _, ...rest } = container;
  const resized: Container = { ...rest, resources: wanted.resources ?? {} };
  if (wanted.resizePolicy) resized.resizePolicy = wanted.resizePolicy;
  return resized;
}

/** The rules of a resize: cpu and memory only, nothing taken away, and the pod's class stays. */
export function validateResize(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[STATIC_POD] !== undefined)
    return [forbidden('metadata', 'static pods cannot be resized')];
  if (old.spec?.os?.name === 'windows') return [forbidden('spec', 'windows pods cannot be resized')];
  const errors: FieldError[] = [];
  if (qosClass(pod.spec!) !== qosClass(old.spec!)) {
    errors.push(invalid('spec', qosClass(pod.spec!), 'Pod QOS Class may not change as a result of resizing'));
  }
  const changes = LISTS.flatMap((list) =>
    (pod.spec?.[list] ?? []).flatMap((container, i) =>
      validateChange(container, old.spec?.[list]?.[i], `spec.${list}[${i}]`, list === 'initContainers'),
    ),
  );
  return [...errors, ...changes, ...validatePodResources(pod.spec!, 'spec.resources')];
}

function validateChange(now: Container, before: Container | undefined, field: string, isInit: boolean): FieldError[] {
  const at = path(field, 'resources');
  if (same(now.resources, before?.resources)) return [];
  const errors = validateResources(now.resources, at);
  if (isInit && !isSidecar(now)) {
    errors.push(forbidden('spec', 'resources for non-sidecar init containers are immutable'));
  }
  for (const kind of KINDS) {
    const [next, last] = [now.resources?.[kind] ?? {}, before?.resources?.[kind] ?? {}];
    if (Object.keys(last).some((name) => isResizable(name) && !Object.hasOwn(next, name))) {
      errors.push(forbidden(path(at, kind), `resource ${kind} cannot be removed`));
    }
  }
  if (!same(othersOf(now), othersOf(before))) {
    errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  }
  return errors;
}

function isResizable(name: string): boolean {
  return name === 'cpu' || name === 'memory';
}

function othersOf(container: Container | undefined): object {
  const others = (map: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(map).filter(([name]) => !isResizable(name)));
  return {
    limits: others(container?.resources?.limits),
    requests: others(container?.resources?.requests),
    claims: container?.resources?.claims,
  };
}
