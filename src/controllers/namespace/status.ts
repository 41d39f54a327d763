import type { Namespace } from '../../api/core-v1/namespace.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { withCondition, withoutCondition, findCondition } from '../conditions.ts';

/** What is left in a namespace, and what went wrong when it was deleted. */
export interface Remains {
  readonly objects: readonly { readonly kind: Kind; readonly items: readonly KubeObject[] }[];
  readonly errors: readonly string[];
}

type NamespaceCondition = NonNullable<NonNullable<Namespace['status']>['conditions']>[number];
type Sentence = Pick<NamespaceCondition, 'type' | 'status' | 'reason' | 'message'>;

/** The conditions of a namespace under deletion that still holds `remains`. */
export function deletionConditions(namespace: Namespace, remains: Remains, now: number): NamespaceCondition[] {
  let conditions: NamespaceCondition[] = namespace.status?.conditions ?? [];
  for (const sentence of sentences(remains)) {
    // What remains changes while status and reason stay, and people want to read what is left now.
    const known = findCondition(conditions, sentence.type);
    const changed = known?.status === sentence.status && known?.message !== sentence.message;
    const next = { ...sentence, lastTransitionTime: changed ? known.lastTransitionTime! : formatTime(now) };
    conditions = withCondition(changed ? withoutCondition(conditions, sentence.type) : conditions, next);
  }
  return conditions;
}

function sentences({ objects, errors }: Remains): Sentence[] {
  const counts = objects.map(
    ({ kind, items }) => `${kind.plural}.${kind.group} has ${items.length} resource instances`,
  );
  const finalizers = finalizerCounts(objects.flatMap(({ items }) => items));
  return [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: 'False',
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    contentFailure(errors),
    counts.length > 0
      ? remaining(
          'NamespaceContentRemaining',
          'SomeResourcesRemain',
          `Some resources are remaining: ${counts.join(', ')}`,
        )
      : gone('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'),
    finalizers.length > 0
      ? remaining(
          'NamespaceFinalizersRemaining',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${finalizers.join(', ')}`,
        )
      : gone('NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'),
  ];
}

function contentFailure(errors: readonly string[]): Sentence {
  const type = 'NamespaceDeletionContentFailure';
  if (errors.length === 0) {
    return gone(type, 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization');
  }
  return remaining(
    type,
    'ContentDeletionFailed',
    `Failed to delete all resource types, ${errors.length} remaining: ${errors.join(', ')}`,
  );
}

function remaining(type: string, reason: string, message: string): Sentence {
  return { type, status: 'True', reason, message };
}

function gone(type: string, reason: string, message: string): Sentence {
  return { type, status: 'False', reason, message };
}

function finalizerCounts(items: readonly KubeObject[]): string[] {
  const counts = new Map<string, number>();
  for (const finalizer of items.flatMap((item) => item.metadata.finalizers ?? [])) {
    counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} in ${count} resource instances`);
}
