import { formatTime } from '../apimachinery/time.ts';
import type { Clock } from '../base/clock.ts';
import type { Diagnosis, Refusal } from './diagnosis.ts';
import type { QueuedPod } from './queue.ts';
import { totalsOf, type Placement } from './schedule-one.ts';

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
    const { placement: _, diagnosis: __, ...rest } = this.#entries.get(key)!;
    const { feasible, feasibleCount, refused, notLookedAt } = told(this.#entries.get(key)!);
    const summary = {
      feasible: feasible.slice(0, FEW).map((node) => ({ ...node, scores: node.name === rest.node ? node.scores : [] })),
      feasibleCount,
      refused: refused.slice(0, FEW).map((one) => ({ ...one, nodes: one.nodes.slice(0, FEW) })),
      notLookedAt,
    };
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

function nodesOf({ placement, diagnosis, nodes }: Entry): NonNullable<Entry['summary']> {
  const feasible = placement ? feasibleNodes(placement) : [];
  const refusals = placement?.refusals ?? diagnosis?.refusals ?? new Map<string, Refusal>();
  const refused = grouped(refusals);
  const { everywhere } = diagnosis ?? {};
  if (everywhere) {
    const { plugin, rejection } = everywhere;
    refused.push({ plugin: plugin.name, reasons: rejection.reasons, count: nodes, nodes: [] });
  }
  const notLookedAt = everywhere ? 0 : Math.max(0, nodes - feasible.length - refusals.size);
  return { feasible, feasibleCount: feasible.length, refused, notLookedAt };
}

function feasibleNodes(placement: Placement): FeasibleNode[] {
  const { feasible, scores, node: chosen } = placement;
  const totals = totalsOf(scores, feasible.length);
  const nodes = feasible.map(({ name }, i) => ({
    name,
    total: totals[i]!,
    scores: scores.map(({ plugin, weight, values }) => ({ plugin: plugin.name, score: values[i]!, weight })),
  }));
  const first = (name: string) => Number(name === chosen.name);
  return nodes.sort((a, b) => b.total - a.total || first(b.name) - first(a.name));
}

function grouped(refusals: ReadonlyMap<string, Refusal>): RefusedNodes[] {
  const groups = new Map<string, { plugin: string; reasons: readonly string[]; nodes: string[] }>();
  for (const [name, { plugin, rejection }] of refusals) {
    const key = [plugin.name, ...rejection.reasons].join('\0');
    const group = groups.get(key);
    if (group) group.nodes.push(name);
    else groups.set(key, { plugin: plugin.name, reasons: rejection.reasons, nodes: [name] });
  }
  return [...groups.values()]
    .map((group) => ({ ...group, count: group.nodes.length }))
    .sort((a, b) => b.count - a.count);
}
