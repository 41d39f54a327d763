import { errorMessage, type Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { Cycle } from '../cycle.ts';
import type { Refusal } from '../diagnosis.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Plugin } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import type { Profile } from '../profile.ts';
import {
  findFeasible,
  pickHighest,
  scoresOf,
  totalsOf,
  type Decision,
  type Scores,
  type SearchPosition,
} from '../schedule-one.ts';
import type { Snapshot } from '../snapshot.ts';
import type { StepTimes } from '../step-times.ts';
import type { Extender } from './extender.ts';

/** As what extenders appear among the plugins that refuse nodes. Nothing that happens in the cluster is known to help. */
const asPlugin: Plugin = {
  name: 'Extender',
  wakesOn: [
    { on: ['NodeAdd', 'NodeUpdateNodeAllocatable', 'NodeUpdateNodeLabel', 'NodeUpdateNodeTaint', 'AssignedPodDelete'] },
  ],
};

/** As `scheduleOne`, with the extenders (those that care for the pod) asked about the nodes that the plugins left. */
export async function scheduleWithExtenders(
  pod: PodInfo,
  snapshot: Snapshot,
  profile: Profile,
  extenders: readonly Extender[],
  { random, log, position, times }: { random: Random; log: Log; position: SearchPosition; times?: StepTimes },
): Promise<Decision> {
  const cycle = new Cycle(pod, profile, snapshot, times);
  const search = findFeasible(cycle, position);
  const refusals = new Map<string, Refusal>(search.refusals);
  const feasible = await filtered(pod, search.feasible, extenders, refusals, log);
  if (feasible.length === 0) {
    const plugins = new Set(search.plugins);
    if (search.feasible.length > 0) plugins.add(asPlugin);
    return { cycle, failure: { ...search, refusals, plugins } };
  }
  const scores = feasible.length === 1 ? [] : await scored(cycle, feasible, extenders, log);
  // While they were asked, nodes may have gone.
  const totals = totalsOf(scores, feasible.length).map((total, i) =>
    snapshot.existing(feasible[i]!.name) ? total : -1,
  );
  const node = feasible[pickHighest(totals, random)]!;
  if (!snapshot.existing(node.name)) throw new Error(`the node ${node.name} is gone`);
  return { cycle, placement: { node, evaluated: search.evaluated, feasible, scores, totals, refusals } };
}

/** Each extender sees what the one before it left. */
async function filtered(
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  extenders: readonly Extender[],
  refusals: Map<string, Refusal>,
  log: Log,
): Promise<readonly NodeInfo[]> {
  let left = nodes;
  for (const extender of extenders) {
    if (!extender.filters || left.length === 0) continue;
    try {
      const { feasible, refused } = await extender.filter(pod, left);
      for (const [name, rejection] of refused) refusals.set(name, { plugin: asPlugin, rejection });
      left = feasible;
    } catch (error) {
      if (!extender.ignorable) throw error;
      log.warn('an extender failed and is left out', { extender: extender.url, error: errorMessage(error) });
    }
  }
  return left;
}

async function scored(
  cycle: Cycle,
  nodes: readonly NodeInfo[],
  extenders: readonly Extender[],
  log: Log,
): Promise<readonly Scores[]> {
  const scores = [...scoresOf(cycle, nodes)];
  const asked = extenders.filter(({ prioritizes }) => prioritizes);
  const answers = await Promise.allSettled(asked.map((extender) => extender.prioritize(cycle.pod, nodes)));
  answers.forEach((answer, i) => {
    const { url } = asked[i]!;
    if (answer.status === 'rejected')
      log.warn('an extender gave no scores', { extender: url, error: errorMessage(answer.reason) });
    else scores.push({ plugin: asPlugin, weight: 1, values: nodes.map(({ name }) => answer.value.get(name) ?? 0) });
  });
  return scores;
}

/** A plugin that has an extender bind the pods which that cares for. */
export function extenderBinder(extender: Extender): Plugin {
  return {
    name: 'Extender',
    async bind(pod, nodeName) {
      if (!extender.isInterested(pod)) return false;
      await extender.bind(pod, nodeName);
      return true;
    },
  };
}
