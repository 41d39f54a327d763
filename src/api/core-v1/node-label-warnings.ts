import type { Warn } from './fractional-bytes.ts';
import type { NodeSelector } from './pod-spec.ts';

type Term = NonNullable<NodeSelector['nodeSelectorTerms']>[number];

/** Labels of nodes that have a new name. */
const OLD_LABELS: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

/** What to say of a node's label, if it is an old one. */
export function labelWarning(key: string): string | undefined {
  return Object.hasOwn(OLD_LABELS, key) ? OLD_LABELS[key] : undefined;
}

/** Warns of old labels in a term that chooses nodes. */
export function nodeTermWarnings(term: Term | undefined, field: string, warn: Warn): void {
  (term?.matchExpressions ?? []).forEach(({ key }, i) => {
    const text = labelWarning(key);
    if (text) warn(`${field}.matchExpressions[${i}].key`, `${key} is ${text}`);
  });
}
