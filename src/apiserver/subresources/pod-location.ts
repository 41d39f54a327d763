import { pod, type Pod } from '../../api/core-v1/pod.ts';
import { badRequest } from '../../apimachinery/api-error.ts';
import { get } from '../registry/get.ts';
import type { Registry, Target } from '../registry/registry.ts';

/** The pod that a request names. @throws ApiError NotFound */
export async function findPod(registry: Registry, { namespace, name }: Target): Promise<Pod> {
  return (await get(registry, { kind: pod, namespace, name })).object;
}

/**
 * The container that is meant: the one asked for, or the only one.
 * @throws ApiError BadRequest when there is no such container, or a choice
 */
export function chooseContainer({ metadata, spec }: Pod, asked: string | null | undefined): string {
  const containers = (spec?.containers ?? []).map((c) => c.name);
  const initContainers = (spec?.initContainers ?? []).map((c) => c.name);
  const ephemeral = (spec?.ephemeralContainers ?? []).map((c) => c.name);
  if (asked) {
    if ([...containers, ...initContainers, ...ephemeral].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  if (containers.length === 1) return containers[0]!;
  if (containers.length === 0) throw badRequest(`a container name must be specified for pod ${metadata.name}`);
  const init = initContainers.length > 0 ? ` or one of the init containers: [${initContainers.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${metadata.name}, choose one of: [${containers.join(' ')}]${init}`,
  );
}

/** The node that runs the pod. @throws ApiError BadRequest when it has none yet */
export function hostOf({ metadata, spec }: Pod): string {
  if (spec?.nodeName) return spec.nodeName;
  throw badRequest(`pod ${metadata.name} does not have a host assigned`);
}

/** `/exec/<namespace>/<pod>/<container>`: a path of the kubelet's server. */
export function kubeletPath(verb: string, { metadata }: Pod, container?: string): string {
  const parts = [metadata.namespace!, metadata.name, ...(container ? [container] : [])];
  return `/${verb}/${parts.map(encodeURIComponent).join('/')}`;
}
