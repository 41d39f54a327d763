import type { KubeObject } from '../../apimachinery/object.ts';
import { timeOrZero } from '../../apimachinery/time.ts';

/** The one of `objects` that an annotation marks as default: the newest when there are several, then the first by name. */
export function markedDefault<T extends KubeObject>(
  objects: readonly T[],
  annotations: readonly string[],
): T | undefined {
  const marked = objects.filter(({ metadata }) => annotations.some((key) => metadata.annotations?.[key] === 'true'));
  const age = ({ metadata }: T) => timeOrZero(metadata.creationTimestamp);
  return marked.sort((a, b) => age(b) - age(a) || (a.metadata.name < b.metadata.name ? -1 : 1))[0];
}
