import { invalid, notSupported, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import type { HorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';

type Behavior = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['behavior']>;
type Rules = NonNullable<Behavior['scaleUp']>;
type Policy = NonNullable<Rules['policies']>[number];

const LONGEST_WINDOW = 3600;
const LONGEST_PERIOD = 1800;

/** The rules of how fast to scale up and down. */
export function validateBehavior(behavior: Behavior | undefined, at: string): FieldError[] {
  return (['scaleUp', 'scaleDown'] as const).flatMap((name) => validateRules(behavior?.[name], path(at, name)));
}

function validateRules(rules: Rules | undefined, at: string): FieldError[] {
  if (!rules) return [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const errors: FieldError[] = [];
  if (window !== undefined && window < 0) {
    errors.push(invalid(path(at, 'stabilizationWindowSeconds'), window, 'must be greater than or equal to zero'));
  }
  if (window !== undefined && window > LONGEST_WINDOW) {
    const detail = `must be less than or equal to ${LONGEST_WINDOW}`;
    errors.push(invalid(path(at, 'stabilizationWindowSeconds'), window, detail));
  }
  if (selectPolicy !== undefined && !['Disabled', 'Max', 'Min'].includes(selectPolicy)) {
    errors.push(notSupported(path(at, 'selectPolicy'), selectPolicy, ['Disabled', 'Max', 'Min']));
  }
  if (policies.length === 0) errors.push(required(path(at, 'policies'), 'must specify at least one Policy'));
  policies.forEach((policy, i) => errors.push(...validatePolicy(policy, path(at, 'policies') + path(i))));
  if (isQuantity(tolerance) && parseQuantity(tolerance!).compare(zeroQuantity) < 0) {
    errors.push(invalid(path(at, 'tolerance'), tolerance, 'must be greater than or equal to 0'));
  }
  return errors;
}

function validatePolicy({ type, value, periodSeconds }: Policy, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (type !== 'Pods' && type !== 'Percent')
    errors.push(notSupported(path(at, 'type'), type ?? '', ['Percent', 'Pods']));
  if ((value ?? 0) <= 0) errors.push(invalid(path(at, 'value'), value ?? 0, 'must be greater than zero'));
  const period = periodSeconds ?? 0;
  if (period <= 0) errors.push(invalid(path(at, 'periodSeconds'), period, 'must be greater than zero'));
  if (period > LONGEST_PERIOD) {
    errors.push(invalid(path(at, 'periodSeconds'), period, `must be less than or equal to ${LONGEST_PERIOD}`));
  }
  return errors;
}
