import { invalid, path, type FieldError } from '../../apimachinery/field-error.ts';
import { labelValue, qualifiedName } from '../../apimachinery/names.ts';
import { checked, oneOf } from '../meta-v1/checks.ts';
import type { Toleration } from './pod-spec.ts';

/** The effects of a taint. */
export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** The rules of `spec.tolerations`. */
export function validateTolerations(tolerations: readonly Toleration[], field: string): FieldError[] {
  return tolerations.flatMap((toleration, i) => validateToleration(toleration, path(field, i)));
}

function validateToleration(toleration: Toleration, field: string): FieldError[] {
  const { key, operator, effect } = toleration;
  const errors = key ? checked(path(field, 'key'), key, qualifiedName) : [];
  if (!key && operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(path(field, 'operator'), operator ?? '', detail));
  }
  if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
    const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    errors.push(invalid(path(field, 'effect'), effect ?? '', detail));
  }
  errors.push(...validateOperator(toleration, field));
  if (effect) errors.push(...oneOf(path(field, 'effect'), effect, TAINT_EFFECTS));
  return errors;
}

function validateOperator(toleration: Toleration, field: string): FieldError[] {
  const { operator, value } = toleration;
  if (!operator || operator === 'Equal') return value ? checked(path(field, 'operator'), value, labelValue) : [];
  if (operator === 'Exists') {
    if (!value) return [];
    return [invalid(path(field, 'operator'), toleration, "value must be empty when `operator` is 'Exists'")];
  }
  return oneOf(path(field, 'operator'), operator, ['Equal', 'Exists']);
}
