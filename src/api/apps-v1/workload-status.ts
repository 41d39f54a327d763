import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { nonNegative } from '../meta-v1/checks.ts';

/** Counts of a workload's status by the names of their fields. */
export type Counts = Readonly<Record<string, any>>;

/** None of the counts may be negative. */
export function countErrors(status: Counts, fields: readonly string[]): FieldError[] {
  return fields.flatMap((field) => nonNegative(`status.${field}`, status[field]));
}

/** No count may be above that of `limit`, which messages call `name`. */
export function atMostCount(status: Counts, fields: readonly string[], limit: string, name: string): FieldError[] {
  const most = status[limit] ?? 0;
  return fields
    .filter((field) => (status[field] ?? 0) > most)
    .map((field) => invalid(`status.${field}`, status[field], `cannot be greater than ${name}`));
}

/** Collisions of names of revisions are only ever counted upwards. */
export function collisionErrors(now: Counts, old: Counts): FieldError[] {
  const [count, before] = [now['collisionCount'], old['collisionCount']];
  if (before === undefined || (count !== undefined && count >= before)) return [];
  return [invalid('status.collisionCount', count ?? 0, 'cannot be decremented')];
}
