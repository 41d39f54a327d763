import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/events.ts';
import type { Informers } from '../client/informer.ts';
import type { ClusterEvent, Wake } from './cluster-event.ts';
import type { Cycle } from './cycle.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Extender } from './extenders/extender.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { Snapshot } from './snapshot.ts';

/** Why a pod cannot run on a node, or at all. */
export interface Rejection {
  /** As they are counted in the message: `Insufficient cpu`. */
  readonly reasons: readonly string[];
  /** True when removing other pods from the node would not help. */
  readonly unresolvable: boolean;
}

/** The best and the worst that `score` may say after `normalize`. */
export const BEST_SCORE = 100;

/**
 * What `preFilter` found: nothing that this plugin has to look at (its `filter` is then not called); a rejection of the
 * pod on all nodes; or what the later steps need, and the only nodes worth looking at where that is known.
 */
export type PreFilterResult<S> =
  'skip' | { readonly rejection: Rejection } | { readonly state: S; readonly nodes?: ReadonlySet<string> | undefined };

/** What `postFilter` did for a pod that fits nowhere. */
export interface PostFilterResult {
  /** The node on which the pod will fit as soon as others are gone; absent: nothing changed; empty: a nomination is taken back. */
  readonly nominatedNode?: string | undefined;
  /** Goes to the end of the message: `preemption: 0/3 nodes are available: ...` */
  readonly message?: string | undefined;
}

/**
 * A rule of scheduling, by upstream's extension points. It implements only the steps it needs. `S` is what it works out
 * in `preFilter` and gets back in every later step of the same attempt, and may change there; `P` is what `preScore`
 * works out for `score`. Steps up to `unreserve` are synchronous; objects they are given must not be changed.
 */
export interface Plugin<S = any, P = any> {
  /** Upstream's name. */
  readonly name: string;
  /** Whether the pod may be tried at all; if not it waits until it is changed, or one of `wakesOn` happens. */
  preEnqueue?(pod: PodInfo): Rejection | undefined;
  /** The order of the queue: negative when `a` is first. Exactly one plugin of a profile has it. */
  queueSort?(a: PodInfo, b: PodInfo): number;
  /** Work that is the same for all nodes. */
  preFilter?(pod: PodInfo, snapshot: Snapshot): PreFilterResult<S>;
  /** Whether the pod can run there: undefined, or why not. */
  filter?(pod: PodInfo, node: NodeInfo, state: S): Rejection | undefined;
  /** Keeps `state` right when `other` is thought to be on `node` too: for nominated pods and preemption. */
  addPod?(pod: PodInfo, other: PodInfo, node: NodeInfo, state: S): void;
  /** Keeps `state` right when `other` is thought away from `node`. */
  removePod?(pod: PodInfo, other: PodInfo, node: NodeInfo, state: S): void;
  /** A copy for `addPod` and `removePod` to change. A plugin that has these needs this one. */
  cloneState?(state: S): S;
  /** Makes room, or finds what else would help, when no node was found. The first plugin that nominates a node wins. */
  postFilter?(cycle: Cycle, diagnosis: Diagnosis, state: S): PostFilterResult | Promise<PostFilterResult>;
  /** Work for `score` that is the same for all of `nodes`, which are feasible. */
  preScore?(pod: PodInfo, nodes: readonly NodeInfo[], snapshot: Snapshot, state: S): P | 'skip';
  /** How well the pod would stand there; 0 to 100, or any number when there is a `normalize`. */
  score?(pod: PodInfo, node: NodeInfo, state: P): number;
  /** Brings the scores of all nodes into 0 to 100, in place. */
  normalize?(scores: number[], pod: PodInfo, nodes: readonly NodeInfo[], state: P): void;
  /** Takes what the pod needs on the chosen node. A rejection, or an error, takes back what was reserved so far. */
  reserve?(pod: PodInfo, node: NodeInfo, state: S): Rejection | undefined;
  /** Gives back what `reserve` took; called also when that failed. Must not throw. */
  unreserve?(pod: PodInfo, nodeName: string, state: S): void;
  /** May hold the pod up: it is bound when all promises have resolved to undefined. Nothing else waits for it. */
  permit?(
    pod: PodInfo,
    nodeName: string,
    state: S,
    signal: AbortSignal,
  ): Rejection | undefined | Promise<Rejection | undefined>;
  /** What must be done at the API before binding, as for volumes. Undefined: nothing. */
  preBind?(
    pod: PodInfo,
    nodeName: string,
    state: S,
    signal: AbortSignal,
  ): undefined | Promise<Rejection | undefined | void>;
  /** Binds; false when another plugin must. */
  bind?(pod: PodInfo, nodeName: string, state: S): Promise<boolean>;
  /** Told of a pod that was bound. */
  postBind?(pod: PodInfo, nodeName: string, state: S): void;
  /** What can turn this plugin's rejection into a fit. Absent: nothing but a change of the pod. */
  readonly wakesOn?: readonly Wake[];
}

/** What plugins are made with. Those that only compute need none of it. */
export interface PluginHandle {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly events: EventRecorder;
  readonly snapshot: Snapshot;
  /** Processes outside that take part in scheduling. Absent: none. */
  readonly extenders?: readonly Extender[] | undefined;
  /** Tells the queue of something that is no change of a watched object. */
  happened(event: ClusterEvent): void;
}

/** A plugin that can be enabled in a profile. */
export interface PluginFactory {
  readonly name: string;
  /** How much its score counts by default. Default 1. */
  readonly weight?: number;
  /** `args` is the `args` of the plugin's `pluginConfig`, undefined when there is none. @throws Error naming what is wrong with it */
  create(args: unknown, handle: PluginHandle): Plugin;
}

/** The factory of a plugin that has no settings. */
export function fixed(plugin: Plugin, weight = 1): PluginFactory {
  return { name: plugin.name, weight, create: () => plugin };
}

/** Scales scores so that the highest becomes 100; `reverse` makes it 0 and turns the others round. */
export function scaleToBest(scores: number[], reverse = false): void {
  let highest = 0;
  for (const score of scores) if (score > highest) highest = score;
  for (let i = 0; i < scores.length; i++) {
    const scaled = highest === 0 ? 0 : Math.trunc((scores[i]! * BEST_SCORE) / highest);
    scores[i] = reverse ? BEST_SCORE - scaled : scaled;
  }
}
