import { createHash } from 'node:crypto';
import { isNothing } from './semantic-equal.ts';

/** No vowels and none that look alike, as in generated names, so that no words appear. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const LENGTH = 10;

/**
 * A short text that is the same for JSON values that mean the same, safe in names and labels. `collisionCount` changes it
 * when another value took the name.
 */
export function contentHash(value: unknown, collisionCount = 0): string {
  const text = `${canonical(value)}\0${collisionCount}`;
  let number = createHash('sha256').update(text).digest().readBigUInt64BE();
  let out = '';
  for (let i = 0; i < LENGTH; i++) {
    out += LETTERS[Number(number % BigInt(LETTERS.length))];
    number /= BigInt(LETTERS.length);
  }
  return out;
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
