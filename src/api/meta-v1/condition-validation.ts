import {
  duplicate,
  invalid,
  notSupported,
  path,
  required,
  tooLong,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import { checked, nonNegative, repeats } from './checks.ts';
import type { Condition } from './types.ts';

const LONGEST_REASON = 1024;
const LONGEST_MESSAGE = 32_768;
const REASON = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const REASON_RULE =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', " +
  "and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  " +
  `or 'ReasonA:ReasonB', regex used for validation is '${REASON}')`;
const reasonPattern = new RegExp(`^${REASON}$`);

/** The rules of a list of `meta/v1 Condition`s. */
export function validateConditions(field: string, conditions: readonly Partial<Condition>[] | undefined): FieldError[] {
  const again = repeats((conditions ?? []).map((condition) => condition.type));
  return (conditions ?? []).flatMap((condition, i) => [
    ...(again(i) ? [duplicate(path(field, i, 'type'), condition.type)] : []),
    ...validateCondition(path(field, i), condition),
  ]);
}

function validateCondition(field: string, condition: Partial<Condition>): FieldError[] {
  const { type = '', status = '', reason = '', message = '' } = condition;
  const errors = checked(path(field, 'type'), type, qualifiedName);
  if (!['True', 'False', 'Unknown'].includes(status)) {
    errors.push(notSupported(path(field, 'status'), status, ['False', 'True', 'Unknown']));
  }
  errors.push(...nonNegative(path(field, 'observedGeneration'), condition.observedGeneration));
  if (!condition.lastTransitionTime) errors.push(required(path(field, 'lastTransitionTime'), 'must be set'));
  if (!reason) errors.push(required(path(field, 'reason'), 'must be set'));
  else if (reason.length > LONGEST_REASON) errors.push(tooLong(path(field, 'reason'), LONGEST_REASON));
  else if (!reasonPattern.test(reason)) errors.push(invalid(path(field, 'reason'), reason, REASON_RULE));
  if (message.length > LONGEST_MESSAGE) errors.push(tooLong(path(field, 'message'), LONGEST_MESSAGE));
  return errors;
}
