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
  (a, b) => youngerFirst(readySince(a.pod), readySince(b.pod), a.now),
  (a, b) => restarts(b.pod) - restarts(a.pod),
  (a, b) =>
    youngerFirst(timeOrZero(a.pod.metadata.creationTimestamp), timeOrZero(b.pod.metadata.creationTimestamp), a.now),
  (a, b) => (a.pod.metadata.uid < b.pod.metadata.uid ? -1 : 1),
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

function cost(pod: Pod): number {
  const text = pod.metadata.annotations?.[deletionCost] ?? '';
  return /^([+-]?[1-9][0-9]{0,9}|0)$/.test(text) ? Number(text) : 0;
}

function restarts(pod: Pod): number {
  const all = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  return Math.max(0, ...all.map((status) => status.restartCount));
}

function youngerFirst(a: number | undefined, b: number | undefined, now: number): number {
  return magnitude(a ?? 0, now) - magnitude(b ?? 0, now);
}

/** The power of two of an age: -1 for what lies in the future. */
function magnitude(since: number, now: number): number {
  return since >= now ? -1 : Math.floor(Math.log2((now - since) * 1e6));
}
