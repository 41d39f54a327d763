import { formatTime } from '../apimachinery/time.ts';
import type { Clock } from '../base/clock.ts';
import type { Diagnosis, Refusal } from './diagnosis.ts';
import type { QueuedPod } from './queued-pod.ts';
import type { Placement } from './schedule-one.ts';

/** What one plugin thought of a node: a score from 0 to 100, and how often it counts. */
export interface PluginScore {
  readonly plugin: string;
  readonly score: number;
  readonly weight: number;
}

/** A node on which the pod could have run. */
export interface FeasibleNode {
  readonly name: string;
  readonly total: number;
  /** Empty when it was the only one, or only the totals are kept. */
  readonly scores: readonly PluginScore[];
}

/** Nodes that were refused for one and the same reasons. */
export interface RefusedNodes {
  readonly plugin: string;
  readonly reasons: readonly string[];
  readonly count: number;
  /** Some of them, or all. */
  readonly nodes: readonly string[];
}

/** The last decision about a pod. */
export interface SchedulingDecision {
  readonly kind: 'SchedulingDecision';
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly schedulerName: string;
  /** When, and the how-manieth try it was. */
  readonly time: string;
  readonly attempt: number;
  /** The node that was chosen; absent: none was. */
  readonly node?: string | undefined;
  /** The node that it is promised as soon as others have gone. */
  readonly nominatedNode?: string | undefined;
  /** What the event says of a failure. */
  readonly message?: string | undefined;
  /** The best first. */
  readonly feasible: readonly FeasibleNode[];
  readonly feasibleCount: number;
  readonly refused: readonly RefusedNodes[];
  /** Nodes that were not looked at, because enough were found or a plugin had named others. */
  readonly notLookedAt: number;
}

interface Entry {
  readonly pod: QueuedPod['info'];
  readonly attempt: number;
  readonly at: number;
  /** How many nodes there were. */
  readonly nodes: number;
  readonly node?: string | undefined;
  readonly message?: string | undefined;
  readonly nominatedNode?: string | undefined;
  readonly placement?: Placement | undefined;
  readonly diagnosis?: Diagnosis | undefined;
  /** What is left of it when room is short. */
  readonly summary?: Pick<SchedulingDecision, 'feasible' | 'feasibleCount' | 'refused' | 'notLookedAt'>;
  readonly size: number;
}

/** So many scores and refusals are kept in all, and so many decisions of which only a summary is left. */
const ROOM = 400_000;
const MOST = 10_000;
/** So much of a summary. */
const FEW = 10;

/**
 * The last decision about each pod, to be asked for. Writing down costs next to nothing: what the search found is kept
 * as it is and told when somebody asks. When room is short, the oldest are shortened, and then forgotten.
 */
export class DecisionLog {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** The keys of those that are whole, the oldest first. */
  readonly #whole = new Set<string>();
  #size = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  placed(queued: QueuedPod, nodes: number, placement: Placement): void {
    const size = placement.feasible.length * (placement.scores.length + 1) + placement.refusals.size * 4;
    this.#add(queued, { nodes, node: placement.node.name, placement, size });
  }

  failed(queued: QueuedPod, diagnosis: Diagnosis, message: string, nominatedNode: string | undefined): void {
    const size = diagnosis.refusals.size * 4;
    this.#add(queued, { nodes: diagnosis.nodes, diagnosis, message, nominatedNode, size });
  }

  /** Something went wrong that says nothing of the nodes; what was decided of them stays. */
  broke(queued: QueuedPod, message: string): void {
    const before = this.#entries.get(queued.info.key);
    const same = before?.pod.uid === queued.info.uid ? before : undefined;
    this.#add(queued, { ...(same ?? { nodes: 0, size: 0 }), node: undefined, message });
  }

  /** @param key `namespace/name` */
  get(key: string): SchedulingDecision | undefined {
    const entry = this.#entries.get(key);
    return entry && told(entry);
  }

  clear(): void {
    this.#entries.clear();
    this.#whole.clear();
    this.#size = 0;
  }

  #add({ info, attempts }: QueuedPod, rest: Omit<Entry, 'pod' | 'attempt' | 'at'>): void {
    this.#remove(info.key);
    this.#entries.set(info.key, { ...rest, pod: info, attempt: attempts, at: this.#clock.now() });
    if (!rest.summary) this.#whole.add(info.key);
    this.#size += rest.size;
    for (const key of this.#whole) {
      if (this.#size <= ROOM) break;
      this.#shorten(key);
    }
    if (this.#entries.size > MOST) this.#remove(this.#entries.keys().next().value!);
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#whole.delete(key);
    this.#size -= entry.size;
  }

  #shorten(key: string): void {
    const { placement, diagnosis, ...rest } = this.#entries.get(key)!;
    const summary = nodesOf({ placement, diagnosis, nodes: rest.nodes }, FEW);
    this.#size -= rest.size;
    this.#entries.set(key, { ...rest, summary, size: 0 }); // in the same place of the order
    this.#whole.delete(key);
  }
}

function told(entry: Entry): SchedulingDecision {
  const { pod, attempt, at, node, message, nominatedNode } = entry;
  const { namespace = '', name, uid } = pod.pod.metadata;
  return {
    kind: 'SchedulingDecision',
    pod: { namespace, name, uid },
    schedulerName: pod.spec.schedulerName ?? 'default-scheduler',
    time: formatTime(at),
    attempt,
    ...(node !== undefined && { node }),
    ...(nominatedNode && { nominatedNode }),
    ...(message !== undefined && { message }),
    ...(entry.summary ?? nodesOf(entry)),
  };
}

/** At most `most` nodes of each sort; of those that it leaves out it counts only how many there are. */
function nodesOf(
  { placement, diagnosis, nodes }: Pick<Entry, 'placement' | 'diagnosis' | 'nodes'>,
  most = Infinity,
): NonNullable<Entry['summary']> {
  const feasible = placement ? feasibleNodes(placement, most) : [];
  const feasibleCount = placement?.feasible.length ?? 0;
  const refusals = placement?.refusals ?? diagnosis?.refusals ?? new Map<string, Refusal>();
  const refused = grouped(refusals, most);
  const { everywhere } = diagnosis ?? {};
  if (everywhere) {
    const { plugin, rejection } = everywhere;
    refused.push({ plugin: plugin.name, reasons: rejection.reasons, count: nodes, nodes: [] });
  }
  const notLookedAt = everywhere ? 0 : Math.max(0, nodes - feasibleCount - refusals.size);
  return { feasible, feasibleCount, refused: refused.slice(0, most), notLookedAt };
}

/** The best first; when not all are told, the scores of the chosen one must do. */
function feasibleNodes(placement: Placement, most: number): FeasibleNode[] {
  const { feasible, scores, totals, node: chosen } = placement;
  const chosenAt = feasible.indexOf(chosen);
  const first = (i: number) => Number(i === chosenAt);
  const compare = (a: number, b: number) => totals[b]! - totals[a]! || first(b) - first(a) || a - b;
  return bestOf(feasible.length, Math.min(most, feasible.length), compare).map((i) => ({
    name: feasible[i]!.name,
    total: totals[i]!,
    scores:
      most === Infinity || i === chosenAt
        ? scores.map(({ plugin, weight, values }) => ({ plugin: plugin.name, score: values[i]!, weight }))
        : [],
  }));
}

/** The `most` first of the numbers below `count`, in order: few of many are found without sorting all. */
function bestOf(count: number, most: number, compare: (a: number, b: number) => number): number[] {
  if (most === count) return Array.from({ length: count }, (_, i) => i).sort(compare);
  const best: number[] = [];
  for (let i = 0; i < count; i++) {
    if (best.length === most && compare(i, best[most - 1]!) > 0) continue;
    let at = best.length;
    while (at > 0 && compare(i, best[at - 1]!) < 0) at--;
    best.splice(at, 0, i);
    if (best.length > most) best.pop();
  }
  return best;
}

interface Group {
  readonly plugin: string;
  readonly reasons: readonly string[];
  readonly nodes: string[];
  count: number;
}

function grouped(refusals: ReadonlyMap<string, Refusal>, most: number): RefusedNodes[] {
  const groups = new Map<string, Group>();
  // Most plugins have one rejection for all nodes, which is sooner found than its text.
  const known = new Map<Refusal['rejection'], Group>();
  for (const [name, refusal] of refusals) {
    let group = known.get(refusal.rejection);
    if (!group) known.set(refusal.rejection, (group = groupOf(groups, refusal)));
    group.count++;
    if (group.nodes.length < most) group.nodes.push(name);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

function groupOf(groups: Map<string, Group>, { plugin, rejection }: Refusal): Group {
  const key = [plugin.name, ...rejection.reasons].join('\0');
  let group = groups.get(key);
  if (!group) groups.set(key, (group = { plugin: plugin.name, reasons: rejection.reasons, nodes: [], count: 0 }));
  return group;
}
