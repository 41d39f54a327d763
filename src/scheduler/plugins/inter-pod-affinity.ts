import { namespace as namespaceKind } from '../../api/core-v1/namespace.ts';
import type { Node } from '../../api/core-v1/node.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { affinityTermsOf, termMatches, type AffinityTerm, type NamespaceLabels } from '../affinity-terms.ts';
import type { ClusterEvent } from '../cluster-event.ts';
import type { NodeInfo } from '../node-info.ts';
import { BEST_SCORE, type Plugin, type PluginFactory, type PluginHandle, type Rejection } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import type { PlacedPod, Snapshot } from '../snapshot.ts';
import { TopologyCounts } from '../topology-counts.ts';

/** `InterPodAffinityArgs`. */
interface Args {
  /** How much a required affinity of a pod that is there counts for pods that it would like near. */
  readonly hardPodAffinityWeight?: number;
  readonly ignorePreferredTermsOfExistingPods?: boolean;
}

/** How many pods are in each topology ... */
interface State {
  /** ... that do not want ours near them. */
  readonly unwelcoming: TopologyCounts;
  /** ... that fit all terms of our required affinity, for each of them. */
  readonly wanted: TopologyCounts;
  /** ... that fit a term of our required anti-affinity. */
  readonly unwanted: TopologyCounts;
}

const noFriends: Rejection = { reasons: ["node(s) didn't match pod affinity rules"], unresolvable: true };
const enemies: Rejection = { reasons: ["node(s) didn't match pod anti-affinity rules"], unresolvable: false };
const shunned: Rejection = {
  reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"],
  unresolvable: false,
};

const none: readonly AffinityTerm[] = [];

/** `spec.affinity.podAffinity` and `podAntiAffinity`, also those of the pods that are there already. */
export function createInterPodAffinity(args: Args, namespaceLabels: NamespaceLabels): Plugin<State, TopologyCounts> {
  const { hardPodAffinityWeight = 1, ignorePreferredTermsOfExistingPods = false } = args;
  const speaksOf = (term: AffinityTerm, { namespace, labels }: PodInfo) =>
    termMatches(term, namespace, labels, namespaceLabels);

  /** Counts `other`, on a node with these labels, `sign` times. */
  function count(state: State, pod: PodInfo, other: PodInfo, { labels }: NodeInfo, sign: 1 | -1): void {
    for (const term of other.affinity?.requiredAnti ?? none) {
      if (speaksOf(term, pod)) state.unwelcoming.add(term.topologyKey, labels, sign);
    }
    if (!pod.affinity) return;
    const { required, requiredAnti } = pod.affinity;
    if (required.length > 0 && required.every((term) => speaksOf(term, other))) {
      for (const term of required) state.wanted.add(term.topologyKey, labels, sign);
    }
    for (const term of requiredAnti) {
      if (speaksOf(term, other)) state.unwanted.add(term.topologyKey, labels, sign);
    }
  }

  /** What makes the topology of `placed` better (or worse) for our pod. */
  function weigh(scores: TopologyCounts, pod: PodInfo, { info: other, on }: PlacedPod): void {
    if (!on.node) return;
    const add = (terms: readonly AffinityTerm[], from: PodInfo, sign: number) => {
      for (const term of terms) if (speaksOf(term, from)) scores.add(term.topologyKey, on.labels, sign * term.weight);
    };
    add(pod.affinity?.preferred ?? none, other, 1);
    add(pod.affinity?.preferredAnti ?? none, other, -1);
    if (!other.affinity) return;
    if (hardPodAffinityWeight > 0) add(other.affinity.required, pod, hardPodAffinityWeight);
    if (ignorePreferredTermsOfExistingPods) return;
    add(other.affinity.preferred, pod, 1);
    add(other.affinity.preferredAnti, pod, -1);
  }

  return {
    name: 'InterPodAffinity',
    wakesOn: [
      { on: ['AssignedPodAdd', 'AssignedPodUpdatePodLabel'], helps: (pod, e) => brings(pod, e, speaksOf) },
      { on: ['AssignedPodDelete', 'AssignedPodUpdatePodLabel'], helps: (pod, e) => takesAway(pod, e, speaksOf) },
      { on: ['AssignedPodDelete', 'AssignedPodUpdatePodLabel'], helps: (pod, e) => leavesToBeFirst(pod, e, speaksOf) },
      { on: ['NodeAdd', 'NodeUpdateNodeLabel'], helps: opensTopology },
      { on: ['NodeDelete'] }, // the pods that were on it count no longer
      { on: ['NamespaceAdd', 'NamespaceUpdate'], helps: goesByNamespaceLabels },
    ],

    preFilter(pod, snapshot) {
      const state = { unwelcoming: new TopologyCounts(), wanted: new TopologyCounts(), unwanted: new TopologyCounts() };
      const terms = [...(pod.affinity?.required ?? none), ...(pod.affinity?.requiredAnti ?? none)];
      for (const { info, on } of concerned(snapshot, terms)) if (on.node) count(state, pod, info, on, 1);
      return terms.length === 0 && state.unwelcoming.empty ? 'skip' : { state };
    },

    addPod: (pod, other, node, state) => count(state, pod, other, node, 1),
    removePod: (pod, other, node, state) => count(state, pod, other, node, -1),
    cloneState: ({ unwelcoming, wanted, unwanted }) => ({
      unwelcoming: unwelcoming.clone(),
      wanted: wanted.clone(),
      unwanted: unwanted.clone(),
    }),

    filter(pod, { labels }, { wanted, unwanted, unwelcoming }) {
      const { required = none, requiredAnti = none } = pod.affinity ?? {};
      if (required.length > 0 && !nearAll(required, labels, wanted)) {
        // The first of a group that wants its own kind near has to be let in somewhere.
        const first = wanted.empty && required.every((term) => speaksOf(term, pod));
        if (!first || !required.every((term) => Object.hasOwn(labels, term.topologyKey))) return noFriends;
      }
      for (const { topologyKey } of requiredAnti) if (unwanted.get(topologyKey, labels) > 0) return enemies;
      return unwelcoming.anyAt(labels) ? shunned : undefined;
    },

    preScore(pod, _, snapshot) {
      const scores = new TopologyCounts();
      const { preferred = none, preferredAnti = none } = pod.affinity ?? {};
      const opinionated = preferred.length + preferredAnti.length > 0;
      for (const placed of opinionated ? snapshot.placed : snapshot.withAffinity) weigh(scores, pod, placed);
      return scores.empty ? 'skip' : scores;
    },
    score: (_, { labels }, scores) => scores.sumAt(labels),
    normalize: scaleBetween,
  };
}

export const interPodAffinity: PluginFactory = {
  name: 'InterPodAffinity',
  weight: 2,
  create: (args, handle) => createInterPodAffinity((args as Args | undefined) ?? {}, labelsOfNamespaces(handle)),
};

function labelsOfNamespaces({ informers }: PluginHandle): NamespaceLabels {
  const namespaces = informers.of(namespaceKind);
  return (name) => namespaces.get(name)?.metadata.labels ?? {};
}

/** The pods that required terms can speak of, and those whose own can speak of ours; each once. */
function* concerned(snapshot: Snapshot, terms: readonly AffinityTerm[]): Generator<PlacedPod> {
  yield* snapshot.withRequiredAntiAffinity;
  const elsewhere = (placed: PlacedPod) => !snapshot.withRequiredAntiAffinity.has(placed);
  if (terms.some((term) => term.namespaceSelector)) {
    for (const placed of snapshot.placed) if (elsewhere(placed)) yield placed;
    return;
  }
  const namespaces = new Set(terms.flatMap((term) => [...term.namespaces]));
  for (const name of namespaces) for (const placed of snapshot.placedIn(name)) if (elsewhere(placed)) yield placed;
}

function nearAll(terms: readonly AffinityTerm[], labels: NodeInfo['labels'], counts: TopologyCounts): boolean {
  for (const { topologyKey } of terms) if (counts.get(topologyKey, labels) <= 0) return false;
  return true;
}

type SpeaksOf = (term: AffinityTerm, pod: PodInfo) => boolean;

/** Who a pod is, for terms that may speak of it. */
function asOther(pod: Pod): PodInfo {
  const { namespace = '', labels = {} } = pod.metadata;
  return { namespace, labels } as PodInfo;
}

/** A pod has come that ours wants to be near. */
function brings(pod: PodInfo, { object, old }: ClusterEvent, speaksOf: SpeaksOf): boolean {
  const required = pod.affinity?.required ?? none;
  const fits = (other: unknown) => required.every((term) => speaksOf(term, asOther(other as Pod)));
  return required.length > 0 && fits(object) && !(old && fits(old));
}

/** A pod has gone (or is another now) that ours did not want near, or that did not want ours. */
function takesAway(pod: PodInfo, { object, old }: ClusterEvent, speaksOf: SpeaksOf): boolean {
  const anti = pod.affinity?.requiredAnti ?? none;
  const hinders = (other: unknown) => anti.some((term) => speaksOf(term, asOther(other as Pod)));
  if (old) return hinders(old) && !hinders(object);
  return hinders(object) || (affinityTermsOf(object as Pod)?.requiredAnti ?? none).some((term) => speaksOf(term, pod));
}

/** A pod has gone (or is another now) that ours wanted near: it may be the first of its group, which need not be near any. */
function leavesToBeFirst(pod: PodInfo, { object, old }: ClusterEvent, speaksOf: SpeaksOf): boolean {
  const required = pod.affinity?.required ?? none;
  const fits = (other: PodInfo) => required.every((term) => speaksOf(term, other));
  if (required.length === 0 || !fits(pod)) return false;
  return old ? fits(asOther(old)) && !fits(asOther(object as Pod)) : fits(asOther(object as Pod));
}

/** A node has come into a topology that matters to the pod, or has changed the one it is in. */
function opensTopology(pod: PodInfo, { object, old }: ClusterEvent): boolean {
  const { required = none, requiredAnti = none } = pod.affinity ?? {};
  const labels = (object as Node).metadata.labels ?? {};
  if (!old) return required.every((term) => Object.hasOwn(labels, term.topologyKey));
  const before = (old as Node).metadata.labels ?? {};
  // What other pods do not want may be about any label.
  if (required.length + requiredAnti.length === 0) return true;
  return [...required, ...requiredAnti].some(({ topologyKey }) => labels[topologyKey] !== before[topologyKey]);
}

function goesByNamespaceLabels({ affinity }: PodInfo): boolean {
  const { required = none, requiredAnti = none } = affinity ?? {};
  return (
    [...required, ...requiredAnti].some((term) => term.namespaceSelector) || required.length + requiredAnti.length === 0
  );
}

/** The lowest score becomes 0, the highest 100. */
function scaleBetween(scores: number[]): void {
  let lowest = Infinity;
  let highest = -Infinity;
  for (const score of scores) {
    if (score < lowest) lowest = score;
    if (score > highest) highest = score;
  }
  const range = highest - lowest;
  for (let i = 0; i < scores.length; i++) {
    scores[i] = range > 0 ? Math.trunc((BEST_SCORE * (scores[i]! - lowest)) / range) : 0;
  }
}
