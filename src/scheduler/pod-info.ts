import type { Pod } from '../api/core-v1/pod.ts';
import type { PodSpec } from '../api/core-v1/pod-spec.ts';
import { keyOf } from '../apimachinery/object.ts';
import { affinityTermsOf, type AffinityTerms } from './affinity-terms.ts';
import { hostPorts, type HostPort } from './host-ports.ts';
import { podRequests, podScoringRequests, type Resources } from './resources.ts';

/** A pod with all that scheduling asks of it worked out once. */
export interface PodInfo {
  /** The newest state with this spec; only its status and metadata may be newer than the rest. */
  pod: Pod;
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  readonly priority: number;
  readonly requests: Resources;
  /** Requests with stand-ins for those left open. */
  readonly scoring: Resources;
  readonly ports: readonly HostPort[];
  /** Absent: the pod does not care who is near. */
  readonly affinity: AffinityTerms | undefined;
}

const noLabels = {};

/** What scheduling asks of a pod again and again, worked out once. */
export function podInfo(pod: Pod): PodInfo {
  const spec: PodSpec = pod.spec ?? { containers: [] };
  return {
    pod,
    key: keyOf(pod),
    uid: pod.metadata.uid,
    namespace: pod.metadata.namespace ?? '',
    labels: pod.metadata.labels ?? noLabels,
    spec,
    priority: spec.priority ?? 0,
    requests: podRequests(pod),
    scoring: podScoringRequests(pod),
    ports: hostPorts(spec),
    affinity: affinityTermsOf(pod),
  };
}

/** Whether the pod has ended and holds nothing on its node any more. */
export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Whether two states of one pod ask the same of the scheduler: the server counts every change of the spec. */
export function sameSpec(a: Pod, b: Pod): boolean {
  if (a.metadata.uid !== b.metadata.uid || a.spec?.nodeName !== b.spec?.nodeName) return false;
  const { generation } = a.metadata;
  if (!sameLabels(a, b)) return false;
  if (generation !== undefined && b.metadata.generation !== undefined) return generation === b.metadata.generation;
  return JSON.stringify(a.spec) === JSON.stringify(b.spec);
}

/** Whether the labels are alike: affinity and spreading go by them. */
export function sameLabels(a: Pod, b: Pod): boolean {
  const [x, y] = [a.metadata.labels, b.metadata.labels];
  return x === y || JSON.stringify(x) === JSON.stringify(y);
}
