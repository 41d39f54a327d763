import { createHash } from 'node:crypto';
import type { Deployment } from '../../api/apps-v1/deployment.ts';
import type { ReplicaSet } from '../../api/apps-v1/replica-set.ts';
import { isNothing, semanticEqual } from '../semantic-equal.ts';

/** The label that tells the pods of one template from those of another. */
export const hashLabel = 'pod-template-hash';

type Template = NonNullable<Deployment['spec']>['template'];

/** No vowels and none that look alike, as in generated names, so that no words appear. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const LENGTH = 10;

/**
 * A short text that is the same for templates that mean the same, safe in names and labels. `collisionCount` changes it
 * when another template took the name.
 */
export function templateHash(template: Template, collisionCount = 0): string {
  const text = `${canonical(template)}\0${collisionCount}`;
  let number = createHash('sha256').update(text).digest().readBigUInt64BE();
  let out = '';
  for (let i = 0; i < LENGTH; i++) {
    out += LETTERS[Number(number % BigInt(LETTERS.length))];
    number /= BigInt(LETTERS.length);
  }
  return out;
}

/** Whether a replica set runs this template: the same but for the hash label. */
export function sameTemplate(set: ReplicaSet, template: Template): boolean {
  return semanticEqual(withoutHash(set.spec?.template), withoutHash(template));
}

function withoutHash(template: Template | undefined): unknown {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}

/** JSON with sorted keys and without what the API treats as left out. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => !isNothing(field))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
}
