import type { DaemonSet } from '../../api/apps-v1/daemon-set.ts';
import { requiredNodeMatch } from '../../api/core-v1/node-selector.ts';
import type { Node, Taint } from '../../api/core-v1/node.ts';
import type { PodSpec, Toleration } from '../../api/core-v1/pod-spec.ts';
import { tolerated } from '../../api/core-v1/tolerations.ts';

/** Whether a daemon belongs on a node: whether one is to be started, and whether one that is there may stay. */
export interface Placement {
  readonly run: boolean;
  readonly stay: boolean;
}

const exists = (key: string, effect: string): Toleration => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect,
});

/** What every daemon bears, as the documentation of DaemonSets lists it. */
const always: readonly Toleration[] = [
  exists('not-ready', 'NoExecute'),
  exists('unreachable', 'NoExecute'),
  exists('disk-pressure', 'NoSchedule'),
  exists('memory-pressure', 'NoSchedule'),
  exists('pid-pressure', 'NoSchedule'),
  exists('unschedulable', 'NoSchedule'),
];

/** A daemon on the network of its host may be what brings up the network of the pods. */
const onHostNetwork = exists('network-unavailable', 'NoSchedule');

/** The tolerations of the template and those that every daemon has. One that the template limits in time is unlimited. */
export function daemonTolerations(spec: PodSpec): Toleration[] {
  const added = spec.hostNetwork ? [...always, onHostNetwork] : always;
  const own = (spec.tolerations ?? []).map((one) => added.find((other) => sameTaints(one, other)) ?? one);
  return [...own, ...added.filter((one) => !own.includes(one))];
}

function sameTaints(a: Toleration, b: Toleration): boolean {
  return a.key === b.key && a.effect === b.effect && a.operator === b.operator && (a.value ?? '') === (b.value ?? '');
}

/**
 * Where the daemons of `set` belong. A taint of effect NoSchedule keeps new ones away and lets those stay that are there;
 * one of effect NoExecute, another name or labels that do not fit allow neither.
 */
export function placements(set: DaemonSet): (node: Node) => Placement {
  const spec = set.spec!.template.spec!;
  const fits = requiredNodeMatch(spec);
  const tolerations = daemonTolerations(spec);
  return ({ metadata, spec: { taints = [] } = {} }) => {
    const named = !spec.nodeName || spec.nodeName === metadata.name;
    if (!named || !fits(metadata)) return { run: false, stay: false };
    const against = taints.filter((taint) => repels(taint) && !tolerated(tolerations, taint));
    return { run: against.length === 0, stay: against.every(({ effect }) => effect !== 'NoExecute') };
  };
}

/** The placements of each set, as long as it does not change: nodes are many, and few of them change between two rounds. */
export class Placements {
  #sets = new Map<string, { words: string; placement: (node: Node) => Placement }>();

  /** `placements(set)` with a memory. `key` is the set's. */
  of(key: string, set: DaemonSet): (node: Node) => Placement {
    const { uid, generation } = set.metadata;
    const words = `${uid}/${generation}`;
    let known = this.#sets.get(key);
    if (known?.words !== words) this.#sets.set(key, (known = { words, placement: remembered(placements(set)) }));
    return known.placement;
  }

  forget(key: string): void {
    this.#sets.delete(key);
  }
}

/** A node that changed is another object. */
function remembered(placement: (node: Node) => Placement): (node: Node) => Placement {
  const known = new WeakMap<Node, Placement>();
  return (node) => {
    let found = known.get(node);
    if (!found) known.set(node, (found = placement(node)));
    return found;
  };
}

function repels({ effect }: Taint): boolean {
  return effect === 'NoSchedule' || effect === 'NoExecute';
}
