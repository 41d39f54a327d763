import { familyOf, sameFacts, sameLabels, type Family, type PodFacts, type Protocol } from './pods.ts';
import type { PodSelection } from './policy.ts';

type Labels = Readonly<Record<string, string>>;

/** The pods of one selection, and the sets that have been made of them. */
interface Members {
  readonly selection: PodSelection;
  readonly pods: Map<string, PodFacts>;
  readonly made: Map<string, Made>;
}

/** What pods stand for in a set. The set is never changed but replaced, so that others can see by it what is new. */
interface Made {
  readonly of: (pod: PodFacts) => readonly string[];
  set: ReadonlySet<string>;
}

/**
 * All pods that policies see, by the selections that are asked for: a change of one pod looks at each selection once, and
 * only what it changes is made anew.
 */
export class PodIndex {
  #pods = new Map<string, PodFacts>();
  #locals = new Map<string, PodFacts>();
  #byNamespace = new Map<string, Map<string, PodFacts>>();
  #namespaces = new Map<string, Labels>();
  #members = new Map<string, Members>();

  /** The pods of this node, in a fixed order. */
  locals(): PodFacts[] {
    return [...this.#locals.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Takes in what a pod is now; undefined when it is gone. @returns whether that changed anything */
  setPod(key: string, facts: PodFacts | undefined): boolean {
    const before = this.#pods.get(key);
    if (sameFacts(before, facts)) return false;
    const namespace = facts?.namespace ?? before!.namespace;
    const inNamespace = this.#byNamespace.get(namespace) ?? new Map<string, PodFacts>();
    for (const map of [this.#pods, inNamespace]) {
      if (facts) map.set(key, facts);
      else map.delete(key);
    }
    if (facts?.local) this.#locals.set(key, facts);
    else this.#locals.delete(key);
    if (inNamespace.size > 0) this.#byNamespace.set(namespace, inNamespace);
    else this.#byNamespace.delete(namespace);
    for (const members of this.#members.values()) this.#place(members, key, facts);
    return true;
  }

  /** Takes in the labels of a namespace; undefined when it is gone. @returns whether that changed anything */
  setNamespace(name: string, labels: Labels | undefined): boolean {
    const before = this.#namespaces.get(name);
    if (labels && before ? sameLabels(labels, before) : labels === before) return false;
    if (labels) this.#namespaces.set(name, labels);
    else this.#namespaces.delete(name);
    for (const members of this.#members.values()) {
      if (members.selection.namespace !== undefined) continue;
      for (const [key, pod] of this.#byNamespace.get(name) ?? []) this.#place(members, key, pod);
    }
    return true;
  }

  /** Keeps the members of exactly these selections from now on. */
  keep(selections: readonly PodSelection[]): void {
    const wanted = new Set(selections.map(({ id }) => id));
    for (const id of this.#members.keys()) if (!wanted.has(id)) this.#members.delete(id);
    for (const selection of selections) {
      if (this.#members.has(selection.id)) continue;
      const members: Members = { selection, pods: new Map(), made: new Map() };
      this.#members.set(selection.id, members);
      const { namespace } = selection;
      const candidates = namespace === undefined ? this.#pods : (this.#byNamespace.get(namespace) ?? []);
      for (const [key, pod] of candidates) this.#place(members, key, pod);
    }
  }

  /** The addresses of a kept selection's pods. The same set until they change. */
  addresses(id: string, family: Family): ReadonlySet<string> {
    return this.#make(id, `${family}`, (pod) => addressesOf(pod, family));
  }

  /** As `address,protocol:number`, the ports that a kept selection's pods call `name`. The same set until they change. */
  ports(id: string, name: string, protocol: Protocol, family: Family): ReadonlySet<string> {
    return this.#make(id, `${family} ${protocol} ${name}`, (pod) =>
      pod.ports
        .filter((port) => port.name === name && port.protocol === protocol)
        .flatMap(({ port }) => addressesOf(pod, family).map((ip) => `${ip},${protocol.toLowerCase()}:${port}`)),
    );
  }

  #make(id: string, what: string, of: (pod: PodFacts) => readonly string[]): ReadonlySet<string> {
    const { pods, made } = this.#members.get(id)!;
    let known = made.get(what);
    if (!known) made.set(what, (known = { of, set: new Set([...pods.values()].flatMap(of)) }));
    return known.set;
  }

  #place({ selection, pods, made }: Members, key: string, pod: PodFacts | undefined): void {
    const before = pods.get(key);
    const now = pod && this.#selects(selection, pod) ? pod : undefined;
    if (before === now) return;
    if (now) pods.set(key, now);
    else pods.delete(key);
    for (const one of made.values()) one.set = changed(one, pods, before, now);
  }

  #selects({ namespace, namespaces, pods }: PodSelection, pod: PodFacts): boolean {
    if (namespace !== undefined) return pod.namespace === namespace && pods.matches(pod.labels);
    const labels = this.#namespaces.get(pod.namespace);
    return labels !== undefined && namespaces.matches(labels) && pods.matches(pod.labels);
  }
}

/** The set after one pod has changed; the same when that makes no difference. */
function changed(
  { of, set }: Made,
  pods: ReadonlyMap<string, PodFacts>,
  before: PodFacts | undefined,
  now: PodFacts | undefined,
): ReadonlySet<string> {
  const [were, are] = [before ? of(before) : [], now ? of(now) : []];
  const come = are.filter((member) => !set.has(member));
  const left = were.filter((member) => !are.includes(member));
  if (come.length === 0 && left.length === 0) return set;
  const next = new Set(set);
  // An address that goes from one pod to the next has two for a while.
  const others = left.length > 0 ? new Set([...pods.values()].flatMap(of)) : undefined;
  for (const member of left) if (!others!.has(member)) next.delete(member);
  for (const member of come) next.add(member);
  return next;
}

function addressesOf({ addresses }: PodFacts, family: Family): readonly string[] {
  return addresses.filter((address) => familyOf(address) === family);
}
