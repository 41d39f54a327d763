import type { Pod } from '../../api/core-v1/pod.ts';
import { timeOrZero } from '../../apimachinery/time.ts';
import { isPodReady, readySince } from '../pod-state.ts';

const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';

/** A pod with what its rank needs. */
interface Candidate {
  readonly pod: Pod;
  /** How many related pods are active on its node. */
  readonly neighbours: number;
  readonly now: number;
}

type Compare = (a: Candidate, b: Candidate) => number;

/** What makes one pod go before another, most important first. Negative: `a` goes first. */
const order: readonly Compare[] = [
  (a, b) => rank(!a.pod.spec?.nodeName, !b.pod.spec?.nodeName),
  (a, b) => phaseRank(a.pod) - phaseRank(b.pod),
  (a, b) => rank(!isPodReady(a.pod), !isPodReady(b.pod)),
  (a, b) => cost(a.pod) - cost(b.pod),
  (a, b) => b.neighbours - a.neighbours,
  (a, b) => youngerFirst(a, b, (pod) => readySince(pod) ?? 0),
  (a, b) => restarts(b.pod.status?.containerStatuses) - restarts(a.pod.status?.containerStatuses),
  (a, b) => sidecarRestarts(b.pod) - sidecarRestarts(a.pod),
  (a, b) => youngerFirst(a, b, (pod) => timeOrZero(pod.metadata.creationTimestamp)),
  byUid,
];

/**
 * The pods in the order in which they should be deleted: unassigned, pending and unready ones first, then the cheap by
 * the pod-deletion-cost annotation, those on crowded nodes, and the younger. `related` are the pods that count as a
 * crowd: those of all replica sets of the same owner. Ages are compared by their magnitude only, so that among pods of
 * about the same age chance decides and not the order in which they were started.
 */
export function deletionOrder(pods: readonly Pod[], related: readonly Pod[], now: number): Pod[] {
  const perNode = new Map<string, number>();
  for (const pod of related) {
    const node = pod.spec?.nodeName;
    if (node) perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const candidates = pods.map((pod) => ({ pod, now, neighbours: perNode.get(pod.spec?.nodeName ?? '') ?? 0 }));
  return candidates.sort(compare).map(({ pod }) => pod);
}

function compare(a: Candidate, b: Candidate): number {
  for (const by of order) {
    const result = by(a, b);
    if (result !== 0) return result;
  }
  return 0;
}

/** True goes first. */
function rank(a: boolean, b: boolean): number {
  return Number(b) - Number(a);
}

function phaseRank(pod: Pod): number {
  return { Pending: 0, Unknown: 1 }[pod.status?.phase ?? 'Pending'] ?? 2;
}

/** An int32 without a plus sign or leading zeros; what is none counts as 0. */
function cost(pod: Pod): number {
  const text = pod.metadata.annotations?.[deletionCost] ?? '';
  const number = /^(-[0-9]{1,10}|[1-9][0-9]{0,9}|0)$/.test(text) ? Number(text) : 0;
  return (number | 0) === number ? number : 0;
}

type Statuses = NonNullable<Pod['status']>['containerStatuses'];

/** How often the container that was restarted most often was. */
function restarts(statuses: Statuses): number {
  return Math.max(0, ...(statuses ?? []).map((status) => status.restartCount));
}

function sidecarRestarts({ spec, status }: Pod): number {
  const sidecars = new Set(
    (spec?.initContainers ?? []).filter((one) => one.restartPolicy === 'Always').map((one) => one.name),
  );
  return restarts(status?.initContainerStatuses?.filter((one) => sidecars.has(one.name)));
}

/** Of pods whose times differ, but not in magnitude, chance decides at once. */
function youngerFirst(a: Candidate, b: Candidate, since: (pod: Pod) => number): number {
  const [one, other] = [since(a.pod), since(b.pod)];
  if (one === other) return 0;
  return magnitude(one, a.now) - magnitude(other, a.now) || byUid(a, b);
}

function byUid(a: Candidate, b: Candidate): number {
  return a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1;
}

/** The power of two of an age: -1 for what lies in the future. */
function magnitude(since: number, now: number): number {
  return since >= now ? -1 : Math.floor(Math.log2((now - since) * 1e6));
}
