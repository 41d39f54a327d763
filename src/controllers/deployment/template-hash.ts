import type { Deployment } from '../../api/apps-v1/deployment.ts';
import type { ReplicaSet } from '../../api/apps-v1/replica-set.ts';
import { contentHash } from '../content-hash.ts';
import { semanticEqual } from '../semantic-equal.ts';

/** The label that tells the pods of one template from those of another. */
export const hashLabel = 'pod-template-hash';

type Template = NonNullable<Deployment['spec']>['template'];

/**
 * A short text that is the same for templates that mean the same, safe in names and labels. `collisionCount` changes it
 * when another template took the name.
 */
export function templateHash(template: Template, collisionCount = 0): string {
  return contentHash(template, collisionCount);
}

/** Whether a replica set runs this template: the same but for the hash label. */
export function sameTemplate(set: ReplicaSet, template: Template): boolean {
  return semanticEqual(withoutHash(set.spec?.template), withoutHash(template));
}

function withoutHash(template: Template | undefined): unknown {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}
