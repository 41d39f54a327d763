import { createHash } from 'node:crypto';
import type { Container } from '../pod-spec.ts';

/**
 * What a running container is compared by: those of its fields that can change in a living pod and need a restart. More
 * than the image would restart containers whenever a new release fills in a default.
 */
export function specHash(container: Container): string {
  return createHash('sha256')
    .update(JSON.stringify([container.name, container.image]))
    .digest('hex')
    .slice(0, 16);
}
