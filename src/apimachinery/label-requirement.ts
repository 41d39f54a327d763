import { labelValue, qualifiedName } from './names.ts';

/** How a requirement compares; `=` and `==` are `in` with one value, `!=` is `notin` with one. */
export type LabelOperator = 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One term of a label selector. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

type Labels = Readonly<Record<string, string>> | undefined;

/** A selector that cannot be understood. */
export class SelectorSyntaxError extends Error {}

/** Whether `labels` meet a requirement. */
export function holds({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (value === undefined) return operator === 'notin' || operator === '!';
  switch (operator) {
    case 'in':
      return values.includes(value);
    case 'notin':
      return !values.includes(value);
    case 'exists':
      return true;
    case '!':
      return false;
    default:
      return compareIntegers(value, values[0]!, operator);
  }
}

function compareIntegers(value: string, limit: string, operator: 'gt' | 'lt'): boolean {
  if (!isInteger(value) || !isInteger(limit)) return false;
  return operator === 'gt' ? BigInt(value) > BigInt(limit) : BigInt(value) < BigInt(limit);
}

function isInteger(text: string): boolean {
  return /^-?[0-9]{1,19}$/.test(text);
}

/** The text form, parseable again. */
export function requirementText({ key, operator, values }: LabelRequirement): string {
  if (operator === 'exists') return key;
  if (operator === '!') return `!${key}`;
  if (operator === 'gt') return `${key}>${values[0]}`;
  if (operator === 'lt') return `${key}<${values[0]}`;
  if (values.length === 1) return `${key}${operator === 'in' ? '=' : '!='}${values[0]}`;
  return `${key} ${operator} (${[...values].sort().join(',')})`;
}

/** Checks the parts as upstream does. @throws SelectorSyntaxError */
export function newRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const keyError = qualifiedName(key)[0];
  if (keyError) throw new SelectorSyntaxError(`key: Invalid value: ${JSON.stringify(key)}: ${keyError}`);
  const set = operator === 'in' || operator === 'notin';
  if (set && values.length === 0) {
    throw new SelectorSyntaxError("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
  }
  if (!set && (operator === 'exists' || operator === '!') && values.length > 0) {
    const shown = JSON.stringify(values);
    throw new SelectorSyntaxError(
      `values: Invalid value: ${shown}: values set must be empty for exists and does not exist`,
    );
  }
  if ((operator === 'gt' || operator === 'lt') && !isInteger(values[0] ?? '')) {
    const shown = JSON.stringify(values[0]);
    throw new SelectorSyntaxError(
      `values[0]: Invalid value: ${shown}: for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  }
  values.forEach((value, i) => {
    const error = labelValue(value)[0];
    if (error) throw new SelectorSyntaxError(`values[${i}][${key}]: Invalid value: ${JSON.stringify(value)}: ${error}`);
  });
  return { key, operator, values };
}
