import type { V1PodAffinityTerm } from '@kubernetes/client-node';
import type { Pod } from '../api/core-v1/pod.ts';
import { everything, nothing, selectorFromObject, type LabelSelector } from '../apimachinery/label-selector.ts';
import type { Plain } from '../apimachinery/object.ts';

type WrittenTerm = Plain<V1PodAffinityTerm>;

/** A term of inter-pod affinity or anti-affinity, parsed. */
export interface AffinityTerm {
  readonly selector: LabelSelector;
  readonly namespaces: ReadonlySet<string>;
  /** Further namespaces by their labels. Absent: only `namespaces`. */
  readonly namespaceSelector: LabelSelector | undefined;
  readonly topologyKey: string;
  /** Of preferred terms; 1 for the others. */
  readonly weight: number;
}

/** What a pod says about the company it wants. */
export interface AffinityTerms {
  readonly required: readonly AffinityTerm[];
  readonly requiredAnti: readonly AffinityTerm[];
  readonly preferred: readonly AffinityTerm[];
  readonly preferredAnti: readonly AffinityTerm[];
}

/** Gives the labels of a namespace, empty when it is not known. */
export type NamespaceLabels = (name: string) => Readonly<Record<string, string>>;

/** Undefined for a pod that does not care, as most do not. */
export function affinityTermsOf(pod: Pod): AffinityTerms | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
  if (!podAffinity && !podAntiAffinity) return undefined;
  const namespace = pod.metadata.namespace!;
  const plain = (terms: readonly WrittenTerm[] = []) => terms.map((term) => parse(term, namespace, 1));
  type Weighted = { readonly weight: number; readonly podAffinityTerm: WrittenTerm };
  const weighted = (terms: readonly Weighted[] = []) =>
    terms.filter(({ weight }) => weight !== 0).map((t) => parse(t.podAffinityTerm, namespace, t.weight));
  return {
    required: plain(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAnti: plain(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferred: weighted(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAnti: weighted(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  };
}

/** Whether the term speaks of a pod in this namespace with these labels. */
export function termMatches(
  term: AffinityTerm,
  namespace: string,
  labels: Readonly<Record<string, string>> | undefined,
  namespaceLabels: NamespaceLabels,
): boolean {
  if (!term.namespaces.has(namespace)) {
    const { namespaceSelector } = term;
    if (!namespaceSelector) return false;
    if (!namespaceSelector.empty && !namespaceSelector.matches(namespaceLabels(namespace))) return false;
  }
  return term.selector.matches(labels);
}

/** A term that names no namespaces in any way means the pod's own. */
function parse(term: WrittenTerm, ownNamespace: string, weight: number): AffinityTerm {
  const { namespaces = [], namespaceSelector, topologyKey, labelSelector } = term;
  const own = namespaces.length === 0 && !namespaceSelector;
  return {
    selector: labelSelector ? selectorFromObject(labelSelector) : nothing,
    namespaces: new Set(own ? [ownNamespace] : namespaces),
    namespaceSelector: namespaceSelector && parseNamespaceSelector(namespaceSelector),
    topologyKey,
    weight,
  };
}

function parseNamespaceSelector(written: NonNullable<WrittenTerm['namespaceSelector']>): LabelSelector {
  const selector = selectorFromObject(written);
  return selector.empty ? everything : selector;
}
