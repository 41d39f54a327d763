import type { Pod } from '../../api/core-v1/pod.ts';
import type { New } from '../../apimachinery/object.ts';
import type { Node } from '../../api/core-v1/node.ts';
import { annotation } from './manifest.ts';

/** Whether a pod of the API only shows one that a node runs by itself. */
export function isMirror({ metadata }: Pod): boolean {
  return metadata.annotations?.[annotation.mirror] !== undefined;
}

/** Whether `mirror` shows `pod` as it is. */
export function shows(mirror: Pod, pod: Pod): boolean {
  return fullName(mirror) === fullName(pod) && mirror.metadata.annotations?.[annotation.mirror] === pod.metadata.uid;
}

export function fullName({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}

export interface MirrorPlan {
  readonly create: readonly Pod[];
  readonly remove: readonly Pod[];
}

/**
 * Which mirrors to make and to remove. Pure. What shows nothing (any more), or is being deleted by somebody, goes; the
 * next look, when it is gone, makes it anew.
 */
export function planMirrors(pods: readonly Pod[], mirrors: readonly Pod[]): MirrorPlan {
  const byName = new Map(mirrors.map((mirror) => [fullName(mirror), mirror]));
  const wanted = new Map(pods.map((pod) => [fullName(pod), pod]));
  const stale = (mirror: Pod) => {
    const pod = wanted.get(fullName(mirror));
    return !pod || !shows(mirror, pod) || mirror.metadata.deletionTimestamp !== undefined;
  };
  return { create: pods.filter((pod) => !byName.has(fullName(pod))), remove: mirrors.filter(stale) };
}

/** The pod that shows a static pod in the API. The node owns it. */
export function mirrorOf(pod: Pod, node: Node | undefined): New<Pod> {
  const { name, namespace, labels, annotations, uid } = pod.metadata;
  const owner = node && { apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid };
  return {
    metadata: {
      ...{ name, namespace },
      ...(labels && { labels }),
      annotations: { ...annotations, [annotation.mirror]: uid },
      ...(owner && { ownerReferences: [{ ...owner, controller: true }] }),
    },
    spec: pod.spec!,
  };
}
