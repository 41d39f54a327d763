import type { V1MatchCondition } from '@kubernetes/client-node';
import { duplicate, path, required, tooMany, type FieldError } from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import type { Plain } from '../../apimachinery/object.ts';
import { repeats, requiredText } from '../meta-v1/checks.ts';

const MOST = 64;

/** The rules of conditions on requests: each with a name of its own and an expression. */
export function validateMatchConditions(
  conditions: readonly Plain<V1MatchCondition>[] | undefined,
  at: string,
): FieldError[] {
  const list: readonly Partial<Plain<V1MatchCondition>>[] = conditions ?? [];
  const errors = list.length > MOST ? [tooMany(at, list.length, MOST)] : [];
  const again = repeats(list.map(({ name }) => name));
  list.forEach(({ name, expression }, i) => {
    if (!expression?.trim()) errors.push(required(path(at, i, 'expression')));
    errors.push(...requiredText(path(at, i, 'name'), name, qualifiedName));
    if (name && again(i)) errors.push(duplicate(path(at, i, 'name'), name));
  });
  return errors;
}
