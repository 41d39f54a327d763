import type { Clock } from '../../base/clock.ts';
import type { ExtenderConfiguration } from '../config/configuration.ts';
import { millisecondsOf } from '../config/shape.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Rejection } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import type { Candidate } from '../preemption/victims.ts';
import { jsonPoster, type PostJson } from './post-json.ts';

/** Extenders give scores from 0 to this. */
const BEST_OF_EXTENDER = 10;
const BEST_SCORE = 100;
const DEFAULT_TIMEOUT = 5_000;

/** What an extender left of the nodes it was shown. */
export interface Filtered {
  readonly feasible: readonly NodeInfo[];
  readonly refused: ReadonlyMap<string, Rejection>;
}

/**
 * A process outside that takes part in scheduling over HTTP: `POST <urlPrefix>/<verb>`, in the JSON that upstream's
 * scheduler speaks (k8s.io/kube-scheduler/extender/v1). Answers may spell their fields in lower case, as with Go.
 */
export class Extender {
  readonly url: string;
  readonly #config: ExtenderConfiguration;
  readonly #post: PostJson;

  /** @throws Error when its TLS files cannot be read */
  constructor(config: ExtenderConfiguration, clock: Clock, post?: PostJson) {
    this.#config = config;
    this.url = config.urlPrefix.replace(/\/+$/, '');
    const timeout = config.httpTimeout ? millisecondsOf(config.httpTimeout) : 0;
    this.#post = post ?? jsonPoster(config, clock, timeout > 0 ? timeout : DEFAULT_TIMEOUT);
  }

  get filters(): boolean {
    return Boolean(this.#config.filterVerb);
  }

  get prioritizes(): boolean {
    return Boolean(this.#config.prioritizeVerb);
  }

  get preempts(): boolean {
    return Boolean(this.#config.preemptVerb);
  }

  get binds(): boolean {
    return Boolean(this.#config.bindVerb);
  }

  /** Whether pods are scheduled without it when it fails. */
  get ignorable(): boolean {
    return this.#config.ignorable === true;
  }

  /** Whether the pod asks for something that it manages, or it wants to see all pods. */
  isInterested({ spec }: PodInfo): boolean {
    const managed = this.#config.managedResources ?? [];
    if (managed.length === 0) return true;
    const asked = new Set<string>();
    for (const { resources } of [...spec.containers, ...(spec.initContainers ?? [])]) {
      for (const name of Object.keys({ ...resources?.requests, ...resources?.limits })) asked.add(name);
    }
    return managed.some(({ name }) => asked.has(name));
  }

  /** @throws Error when it fails, or says that it did */
  async filter({ pod }: PodInfo, nodes: readonly NodeInfo[]): Promise<Filtered> {
    const answer = await this.#call(this.#config.filterVerb!, { Pod: pod, ...this.#shown(nodes) });
    throwTold(answer);
    const names = this.#namesIn(answer);
    const known = new Map(nodes.map((node) => [node.name, node]));
    const feasible = names.map((name) => {
      const node = known.get(name);
      if (node) return node;
      throw new Error(
        `extender "${this.url}" claims a filtered node "${name}" which is not found in the input node list`,
      );
    });
    const refused = new Map<string, Rejection>();
    const refuse = (reasons: unknown, unresolvable: boolean) => {
      for (const [name, reason] of Object.entries((reasons as Record<string, unknown>) ?? {})) {
        refused.set(name, { reasons: [String(reason)], unresolvable });
      }
    };
    refuse(field(answer, 'FailedNodes'), false);
    refuse(field(answer, 'FailedAndUnresolvableNodes'), true);
    return { feasible, refused };
  }

  /** What it adds to the nodes' totals. @throws Error when it fails */
  async prioritize({ pod }: PodInfo, nodes: readonly NodeInfo[]): Promise<ReadonlyMap<string, number>> {
    const answer = await this.#call(this.#config.prioritizeVerb!, { Pod: pod, ...this.#shown(nodes) });
    const factor = (this.#config.weight ?? 1) * (BEST_SCORE / BEST_OF_EXTENDER);
    const scores = new Map<string, number>();
    for (const one of Array.isArray(answer) ? answer : []) {
      scores.set(String(field(one, 'Host')), Number(field(one, 'Score') ?? 0) * factor);
    }
    return scores;
  }

  /** The candidates that it leaves, with the victims that it leaves. @throws Error when it fails */
  async preempt({ pod }: PodInfo, candidates: readonly Candidate[]): Promise<Candidate[]> {
    const answer = await this.#call(this.#config.preemptVerb!, { Pod: pod, ...this.#shownVictims(candidates) });
    const left = (field(answer, 'NodeNameToMetaVictims') ?? {}) as Record<string, unknown>;
    return candidates
      .filter(({ node }) => Object.hasOwn(left, node.name))
      .map((candidate) => this.#withVictims(candidate, left[candidate.node.name]));
  }

  /** @throws Error when it fails, or says that it did */
  async bind({ pod }: PodInfo, nodeName: string): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    const body = { PodName: name, PodNamespace: namespace, PodUID: uid, Node: nodeName };
    throwTold(await this.#call(this.#config.bindVerb!, body));
  }

  #call(verb: string, body: object): Promise<unknown> {
    return this.#post(`${this.url}/${verb}`, body);
  }

  #shown(nodes: readonly NodeInfo[]): object {
    if (this.#config.nodeCacheCapable) return { Nodes: null, NodeNames: nodes.map(({ name }) => name) };
    return { Nodes: { metadata: {}, items: nodes.map(({ node }) => node) }, NodeNames: null };
  }

  #namesIn(answer: unknown): string[] {
    if (this.#config.nodeCacheCapable) {
      const names = field(answer, 'NodeNames');
      if (Array.isArray(names)) return names.map(String);
    }
    const items = field(field(answer, 'Nodes'), 'items');
    return Array.isArray(items) ? items.map((item) => String(item?.metadata?.name)) : [];
  }

  #shownVictims(candidates: readonly Candidate[]): object {
    const by = (victims: (candidate: Candidate) => object) =>
      Object.fromEntries(candidates.map((candidate) => [candidate.node.name, victims(candidate)]));
    if (this.#config.nodeCacheCapable) {
      const NodeNameToMetaVictims = by(({ victims, violations }) => ({
        Pods: victims.map(({ uid }) => ({ UID: uid })),
        NumPDBViolations: violations,
      }));
      return { NodeNameToVictims: null, NodeNameToMetaVictims };
    }
    const NodeNameToVictims = by(({ victims, violations }) => ({
      Pods: victims.map(({ pod }) => pod),
      NumPDBViolations: violations,
    }));
    return { NodeNameToVictims, NodeNameToMetaVictims: null };
  }

  #withVictims({ node }: Candidate, told: unknown): Candidate {
    const pods = field(told, 'Pods');
    const uids = (Array.isArray(pods) ? pods : []).map((one) => String(field(one, 'UID')));
    const victims = uids.map((uid) => {
      const victim = node.pods.get(uid);
      if (victim) return victim;
      const what = `extender: ${this.url} claims to preempt pod (UID: ${uid}) on node: ${node.name}`;
      throw new Error(`${what}, but the pod is not found on that node`);
    });
    return { node, victims, violations: Number(field(told, 'NumPDBViolations') ?? 0) };
  }
}

/** An extender may fail and yet answer. */
function throwTold(answer: unknown): void {
  const failure = field(answer, 'Error');
  if (failure) throw new Error(typeof failure === 'string' ? failure : JSON.stringify(failure));
}

/** A field by its name in any spelling of upper and lower case. */
function field(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null) return undefined;
  const wanted = name.toLowerCase();
  for (const [key, value] of Object.entries(object)) if (key.toLowerCase() === wanted) return value ?? undefined;
  return undefined;
}
