import type { Pod } from '../../api/core-v1/pod.ts';
import { isPodAvailable } from '../pod-state.ts';
import { rollingLimits } from './limits.ts';
import type { DaemonPlan, Daemons } from './plan.ts';

/** The daemons of one node by their template; undefined stands for what the placement has to sort out first. */
interface Pair {
  readonly current?: Pod | undefined;
  readonly old?: Pod | undefined;
}

/** A node that takes part in the update. */
interface Site {
  readonly node: string;
  /** Undefined: two of one template. */
  readonly pair: Pair | undefined;
  /** Whether a new daemon could start there. */
  readonly run: boolean;
}

/** The next step of a rolling update: which old daemons go, and where new ones start beside them. */
export function planRollout(daemons: Daemons, now: number): DaemonPlan {
  const desired = daemons.nodes.filter((node) => daemons.placement(node).run).length;
  const { maxSurge, maxUnavailable } = rollingLimits(daemons.set, desired);
  const available = (pod: Pod) => isPodAvailable(pod, daemons.set.spec?.minReadySeconds ?? 0, now);
  const all = sites(daemons);
  return maxSurge === 0 ? planReplacing(all, maxUnavailable, available) : planSurging(all, maxSurge, available);
}

function sites({ nodes, placement, byNode, isCurrent }: Daemons): Site[] {
  const all: Site[] = [];
  const known = new Set<string>();
  for (const node of nodes) {
    const { name } = node.metadata;
    known.add(name);
    const { run } = placement(node);
    const pods = byNode.get(name);
    if (run || pods) all.push({ node: name, run, pair: pairOf(pods ?? [], isCurrent) });
  }
  for (const [node, pods] of byNode)
    if (!known.has(node)) all.push({ node, run: false, pair: pairOf(pods, isCurrent) });
  return all;
}

/** Pods under deletion do not count, so that nodes that are down do not hold up the update. */
function pairOf(pods: readonly Pod[], isCurrent: (pod: Pod) => boolean): Pair | undefined {
  let [current, old]: (Pod | undefined)[] = [];
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp) continue;
    if (isCurrent(pod) ? current : old) return undefined;
    if (isCurrent(pod)) current = pod;
    else old = pod;
  }
  return { current, old };
}

/** Old daemons that do not work go at once, others as long as no more than `most` nodes are without. */
function planReplacing(all: readonly Site[], most: number, available: (pod: Pod) => boolean): DaemonPlan {
  const broken: Pod[] = [];
  const working: Pod[] = [];
  let unavailable = 0;
  for (const { pair } of all) {
    const { current, old } = pair ?? {};
    if (!old === !current) unavailable++;
    else if (current) unavailable += available(current) ? 0 : 1;
    else (available(old!) ? working : broken).push(old!);
  }
  return { create: [], remove: [...broken, ...working.slice(0, Math.max(0, most - unavailable))] };
}

/** New daemons start beside old ones on at most `most` nodes; an old one goes when its successor works or it does not. */
function planSurging(all: readonly Site[], most: number, available: (pod: Pod) => boolean): DaemonPlan {
  const plan: DaemonPlan = { create: [], remove: [] };
  const candidates: Site[] = [];
  let surging = 0;
  for (const site of all) {
    const { pair, node, run } = site;
    if (!pair) surging++;
    else if (!pair.old) continue;
    else if (!pair.current) {
      if (available(pair.old)) candidates.push(site);
      else if (run) plan.create.push(node);
      else plan.remove.push(pair.old);
    } else if (!available(pair.old)) plan.remove.push(pair.old);
    else {
      surging++;
      if (available(pair.current)) plan.remove.push(pair.old);
    }
  }
  for (const { node, run, pair } of candidates.slice(0, Math.max(0, most - surging))) {
    // Where no new one could start the old one goes without a successor.
    if (run) plan.create.push(node);
    else plan.remove.push(pair!.old!);
  }
  return plan;
}
