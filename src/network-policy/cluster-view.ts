import type { Namespace } from '../api/core-v1/namespace.ts';
import type { Pod } from '../api/core-v1/pod.ts';
import type { NetworkPolicy } from '../api/networking-v1/network-policy.ts';
import { PodIndex } from './pod-index.ts';
import { podFacts } from './pods.ts';
import { readPolicy, selectionsOf, type Policy } from './policy.ts';
import { profiles } from './profiles.ts';
import { rules, type RuleSet } from './rules.ts';

/** A pod of this node whose addresses the API may not know yet. */
interface Told {
  readonly pod: Pod;
  readonly addresses: readonly string[];
  /** Whether its policies hold. */
  settled: boolean;
}

/** The cluster as the enforcement on one node sees it, kept up change by change; every taker says whether that mattered. */
export class ClusterView {
  readonly #nodeName: string;
  readonly #index = new PodIndex();
  #pods = new Map<string, Pod>();
  #told = new Map<string, Told>();
  /** By namespace, then by key. */
  #policies = new Map<string, Map<string, Policy>>();
  #versions = new Map<string, string>();

  constructor(nodeName: string) {
    this.#nodeName = nodeName;
  }

  setPod(pod: Pod): boolean {
    const key = keyOf(pod);
    this.#pods.set(key, pod);
    return this.#place(key);
  }

  dropPod(pod: Pod): boolean {
    const key = keyOf(pod);
    this.#pods.delete(key);
    return this.#place(key);
  }

  setNamespace({ metadata }: Namespace): boolean {
    return this.#index.setNamespace(metadata.name, metadata.labels ?? {});
  }

  dropNamespace({ metadata }: Namespace): boolean {
    return this.#index.setNamespace(metadata.name, undefined);
  }

  setPolicy(policy: NetworkPolicy): boolean {
    const read = readPolicy(policy);
    const version = JSON.stringify([policy.metadata.uid, policy.spec]);
    if (this.#versions.get(read.key) === version) return false;
    this.#versions.set(read.key, version);
    const others = this.#policies.get(read.namespace) ?? new Map<string, Policy>();
    this.#policies.set(read.namespace, others.set(read.key, read));
    return true;
  }

  dropPolicy({ metadata }: NetworkPolicy): boolean {
    const namespace = metadata.namespace ?? '';
    const key = `${namespace}/${metadata.name}`;
    this.#versions.delete(key);
    const left = this.#policies.get(namespace);
    left?.delete(key);
    if (left?.size === 0) this.#policies.delete(namespace);
    return true;
  }

  /** Takes in the addresses of a pod of this node before the API knows them. */
  tell(pod: Pod, addresses: readonly string[]): void {
    this.#told.set(keyOf(pod), { pod, addresses, settled: false });
    this.#place(keyOf(pod));
  }

  /** Takes in that the node has taken the addresses of a pod back. */
  forget(uid: string): boolean {
    const [key] = [...this.#told].find(([, { pod }]) => pod.metadata.uid === uid) ?? [];
    if (key === undefined) return false;
    this.#told.delete(key);
    return this.#place(key);
  }

  /** Notes that the policies of a pod hold. */
  settled(pod: Pod, addresses: readonly string[]): void {
    const told = this.#told.get(keyOf(pod));
    if (told && isAbout(told, pod, addresses)) told.settled = true;
  }

  /** Whether the policies of a pod with these addresses are known to hold. */
  knows(pod: Pod, addresses: readonly string[]): boolean {
    const told = this.#told.get(keyOf(pod));
    return told !== undefined && told.settled && isAbout(told, pod, addresses);
  }

  /** Whether some policy selects the pod. */
  isolates({ metadata }: Pod): boolean {
    return this.#policiesOf(metadata.namespace ?? '').some(({ subject }) => subject.pods.matches(metadata.labels));
  }

  /** What the kernel of this node should have. */
  rules(): RuleSet {
    const all = profiles(this.#index.locals(), (namespace) => this.#policiesOf(namespace));
    this.#index.keep(all.flatMap(({ policies, direction }) => policies.flatMap((p) => selectionsOf(p, direction))));
    return rules(all, this.#index);
  }

  #policiesOf(namespace: string): Policy[] {
    const own = [...(this.#policies.get(namespace)?.values() ?? [])];
    return own.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** What the API says of a pod counts for its labels, what the node says for its addresses. */
  #place(key: string): boolean {
    const [known, told] = [this.#pods.get(key), this.#told.get(key)];
    const pod = known ?? told?.pod;
    return this.#index.setPod(key, pod && podFacts(pod, this.#nodeName, told?.addresses));
  }
}

function keyOf({ metadata }: { metadata: { namespace?: string | undefined; name: string } }): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

function isAbout({ pod, addresses }: Told, other: Pod, theirs: readonly string[]): boolean {
  return pod.metadata.uid === other.metadata.uid && addresses.join() === theirs.join();
}
