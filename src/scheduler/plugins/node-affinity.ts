import type { V1NodeAffinity, V1PreferredSchedulingTerm } from '@kubernetes/client-node';
import type { Node } from '../../api/core-v1/node.ts';
import type { Plain } from '../../apimachinery/object.ts';
import {
  matchesSome,
  matchesTerm,
  meetsDemand,
  namedNodes,
  nodeDemand,
  parseNodeTerm,
  type NodeDemand,
  type NodeTerm,
} from '../node-selector.ts';
import { fixed, scaleToBest, type Plugin, type PluginFactory, type Rejection } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';

type Preference = Plain<V1PreferredSchedulingTerm>;

interface WeightedTerm {
  readonly weight: number;
  readonly term: NodeTerm;
}

/** `NodeAffinityArgs`: what holds for every pod of the profile, besides what it says itself. */
interface Args {
  readonly addedAffinity?: Plain<V1NodeAffinity>;
}

const mismatch: Rejection = { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true };
const enforced: Rejection = {
  reasons: ["node(s) didn't match scheduler-enforced node affinity"],
  unresolvable: true,
};
const conflict: Rejection = { reasons: ['pod affinity terms conflict'], unresolvable: true };

/** `spec.nodeSelector` and `spec.affinity.nodeAffinity`. */
export function createNodeAffinity({ addedAffinity }: Args = {}): Plugin<NodeDemand | undefined, WeightedTerm[]> {
  const required = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms.map(parseNodeTerm);
  const preferred = weightedTerms(addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution);
  return {
    name: 'NodeAffinity',
    wakesOn: [
      {
        on: ['NodeAdd', 'NodeUpdateNodeLabel'],
        helps: (pod, { object, old }) => accepts(pod, required, object) && !(old && accepts(pod, required, old)),
      },
    ],
    preFilter({ spec }) {
      const state = nodeDemand(spec);
      if (!state && !required) return 'skip';
      const nodes = namedNodes(state?.terms);
      return nodes?.size === 0 ? { rejection: conflict } : { state, nodes };
    },
    filter(_, node, demand) {
      if (required && !matchesSome(required, node)) return enforced;
      return meetsDemand(node, demand) ? undefined : mismatch;
    },
    preScore({ spec }) {
      const own = weightedTerms(spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution);
      return own.length + preferred.length === 0 ? 'skip' : [...preferred, ...own];
    },
    score(_, node, terms) {
      let score = 0;
      for (const { weight, term } of terms) if (matchesTerm(term, node)) score += weight;
      return score;
    },
    normalize: (scores) => scaleToBest(scores),
  };
}

export const nodeAffinity: PluginFactory = {
  ...fixed(createNodeAffinity(), 2),
  create: (args) => createNodeAffinity(args as Args | undefined),
};

function accepts({ spec }: PodInfo, required: readonly NodeTerm[] | undefined, object: unknown): boolean {
  const { metadata } = object as Node;
  const node = { name: metadata.name, labels: metadata.labels ?? {} };
  return (!required || matchesSome(required, node)) && meetsDemand(node, nodeDemand(spec));
}

function weightedTerms(preferences: readonly Preference[] = []): WeightedTerm[] {
  return preferences
    .filter(({ weight }) => weight !== 0)
    .map(({ weight, preference }) => ({ weight, term: parseNodeTerm(preference) }));
}
