import type { Node } from '../../api/core-v1/node.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { quantityValue } from '../../apimachinery/quantity.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Plugin, PluginFactory, Rejection } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import { amountIn } from '../resource-scoring.ts';
import { lessIn, podRequests, resourcesOf, type Resources } from '../resources.ts';
import { scoringOf, type ScoringStrategy } from './resource-strategies.ts';

/** `NodeResourcesFitArgs`. */
interface Args {
  /** Extended resources that the scheduler leaves to others, by name and by the part of the name before the slash. */
  readonly ignoredResources?: readonly string[];
  readonly ignoredResourceGroups?: readonly string[];
  readonly scoringStrategy?: ScoringStrategy;
}

/** The node must have left what the pod asks for; which of those that do is the better, the strategy says. */
export function createNodeResourcesFit(args: Args = {}): Plugin {
  const resources = new Set(args.ignoredResources);
  const groups = new Set(args.ignoredResourceGroups);
  const ignored = (name: string) => resources.has(name) || groups.has(name.slice(0, name.indexOf('/')));
  return {
    name: 'NodeResourcesFit',
    wakesOn: [
      { on: ['AssignedPodDelete'], helps: (pod, { object }) => freesSome(pod, object as Pod) },
      { on: ['AssignedPodUpdatePodScaleDown'], helps: (pod, e) => lendsSome(pod, e.object as Pod, e.old as Pod) },
      { on: ['NodeAdd', 'NodeUpdateNodeAllocatable'], helps: (pod, { object }) => couldHold(pod, object as Node) },
    ],
    filter: (pod, node) => fit(pod, node, ignored),
    score: scoringOf(args.scoringStrategy),
  };
}

export const nodeResourcesFit: PluginFactory = {
  name: 'NodeResourcesFit',
  create: (args) => createNodeResourcesFit(args as Args | undefined),
};

/** Why `pod` does not fit into what `node` has left, naming every resource that is short. */
export function fit(pod: PodInfo, node: NodeInfo, ignored: (name: string) => boolean = () => false) {
  return fitsEasily(pod.requests, node) ? undefined : shortagesOf(pod, node, ignored);
}

/** What most often holds, asked first, since it is asked of every node for every pod. */
function fitsEasily({ cpu, memory, ephemeralStorage, other }: Resources, node: NodeInfo): boolean {
  const { allocatable: has, requested: used } = node;
  return (
    node.pods.size < node.allocatablePods &&
    cpu <= has.cpu - used.cpu &&
    memory <= has.memory - used.memory &&
    (ephemeralStorage === 0 || ephemeralStorage <= has.ephemeralStorage - used.ephemeralStorage) &&
    other.size === 0
  );
}

function shortagesOf(pod: PodInfo, node: NodeInfo, ignored: (name: string) => boolean): Shortage | undefined {
  const { requests } = pod;
  const { allocatable, requested } = node;
  let short: Shortage | undefined;
  if (node.pods.size + 1 > node.allocatablePods) short = shortOf(short, 'Too many pods', false);
  const check = (name: string, want: number, have: number, used: number) => {
    if (want > 0 && want > have - used) short = shortOf(short, `Insufficient ${name}`, want > have);
  };
  check('cpu', requests.cpu, allocatable.cpu, requested.cpu);
  check('memory', requests.memory, allocatable.memory, requested.memory);
  const storage = requests.ephemeralStorage;
  check('ephemeral-storage', storage, allocatable.ephemeralStorage, requested.ephemeralStorage);
  for (const [name, want] of requests.other) {
    if (ignored(name)) continue;
    check(name, want, allocatable.other.get(name) ?? 0, requested.other.get(name) ?? 0);
  }
  return short;
}

interface Shortage extends Rejection {
  readonly reasons: string[];
  unresolvable: boolean;
}

/** Adds a reason; a shortage is beyond help when even the empty node would be too small. */
function shortOf(before: Shortage | undefined, reason: string, tooSmall: boolean): Shortage {
  const short = before ?? { reasons: [], unresolvable: false };
  short.reasons.push(reason);
  short.unresolvable ||= tooSmall;
  return short;
}

/** A pod that goes leaves at least its place. */
function freesSome(_pod: PodInfo, gone: Pod): boolean {
  return Boolean(gone.spec?.nodeName);
}

/** Whether a pod that asks for less now asks for less of something that ours wants. */
function lendsSome({ requests }: PodInfo, now: Pod, before: Pod): boolean {
  const [less, more] = [podRequests(now), podRequests(before)];
  if (!lessIn(less, more)) return false;
  const names = ['cpu', 'memory', 'ephemeral-storage', ...requests.other.keys()];
  return names.some((name) => amountIn(requests, name) > 0 && amountIn(less, name) < amountIn(more, name));
}

/** Whether the node, if nothing else were on it, could hold the pod. */
function couldHold({ requests }: PodInfo, { status }: Node): boolean {
  const allocatable = resourcesOf(status?.allocatable);
  return !lessIn(allocatable, requests) && quantityValue(status?.allocatable?.['pods']) > 0;
}
