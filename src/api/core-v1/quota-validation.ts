import type { V1ResourceQuotaSpec } from '@kubernetes/client-node';
import { invalid, keyPath, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import type { Plain } from '../../apimachinery/object.ts';
import { isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import { NOT_NEGATIVE, validateQuantities } from '../meta-v1/checks.ts';
import { isExtendedResource, isHugePages } from './resource-names.ts';
import { validateResourceName } from './resources-validation.ts';

type Spec = Plain<V1ResourceQuotaSpec>;
type ScopeRequirement = NonNullable<NonNullable<Spec['scopeSelector']>['matchExpressions']>[number];

const BILLION = 1_000_000_000n;
const COUNTED = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);
const COMPUTED = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'requests.storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
]);
const OF_PODS = new Set(['pods', ...[...COMPUTED].filter((name) => name !== 'requests.storage')]);

/** Each scope, and which resources it can narrow down. */
const SCOPES: ReadonlyMap<string, (resource: string) => boolean> = new Map([
  ['Terminating', (name: string) => OF_PODS.has(name)],
  ['NotTerminating', (name: string) => OF_PODS.has(name)],
  ['NotBestEffort', (name: string) => OF_PODS.has(name)],
  ['PriorityClass', (name: string) => OF_PODS.has(name)],
  ['CrossNamespacePodAffinity', (name: string) => OF_PODS.has(name)],
  ['BestEffort', (name: string) => name === 'pods'],
  ['VolumeAttributesClass', (name: string) => name === 'persistentvolumeclaims' || name === 'requests.storage'],
]);
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;
/** Scopes that a pod is in or not: there is no value to compare with. */
const PLAIN_SCOPES = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];

/** The rules of what a quota allows, and of what. */
export function validateQuotaSpec(spec: Spec, field: string): FieldError[] {
  return [
    ...validateQuotaAmounts(spec.hard, path(field, 'hard')),
    ...validateScopes(spec, path(field, 'scopes')),
    ...validateSelector(spec, path(field, 'scopeSelector', 'matchExpressions')),
  ];
}

/** The rules of a map of amounts, allowed or used. */
export function validateQuotaAmounts(amounts: Record<string, string> | undefined, field: string): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, amount]) => {
    const at = keyPath(field, name);
    const errors = validateResourceName(name, at);
    if (!name.includes('/') && !isQuotaResource(name)) {
      errors.push(invalid(at, name, 'must be a standard resource for quotas'));
    }
    if (!isQuantity(amount)) return [...errors, ...validateQuantities(field, { [name]: amount })];
    const quantity = parseQuantity(amount);
    if (quantity.compare(zeroQuantity) < 0) errors.push(invalid(at, amount, NOT_NEGATIVE));
    const whole = COUNTED.has(name) || isExtendedResource(name);
    if (whole && quantity.nanos % BILLION !== 0n) errors.push(invalid(at, amount, 'must be an integer'));
    return errors;
  });
}

function isQuotaResource(name: string): boolean {
  return COUNTED.has(name) || COMPUTED.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-');
}

function validateScopes({ scopes = [], hard = {} }: Spec, field: string): FieldError[] {
  if (scopes.length === 0) return [];
  const errors = scopes.flatMap((scope) => {
    const covers = SCOPES.get(scope);
    if (!covers) return [invalid(field, scopes, 'unsupported scope')];
    return uncovered(covers, hard).map(() => invalid(field, scopes, 'unsupported scope applied to resource'));
  });
  return [...errors, ...conflicting(scopes).map(() => invalid(field, scopes, 'conflicting scopes'))];
}

function uncovered(covers: (name: string) => boolean, hard: Record<string, string>): string[] {
  return Object.keys(hard).filter((name) => isQuotaResource(name) && !covers(name));
}

function conflicting(scopes: readonly string[]): (readonly [string, string])[] {
  return OPPOSITES.filter(([a, b]) => scopes.includes(a) && scopes.includes(b));
}

function validateSelector({ scopeSelector, hard = {} }: Spec, field: string): FieldError[] {
  const requirements = scopeSelector?.matchExpressions ?? [];
  const errors = requirements.flatMap((requirement) => {
    const covers = SCOPES.get(requirement.scopeName);
    const at = path(field, 'scopeName');
    const wrong = validateRequirement(requirement, field);
    if (!covers) return [invalid(at, requirement.scopeName ?? '', 'unsupported scope'), ...wrong];
    const outside = uncovered(covers, hard).map(() =>
      invalid(field, requirements, 'unsupported scope applied to resource'),
    );
    return [...outside, ...wrong];
  });
  const scopes = requirements.map((requirement) => requirement.scopeName);
  return [...errors, ...conflicting(scopes).map(() => invalid(field, requirements, 'conflicting scopes'))];
}

const PLAIN_OPERATOR =
  "must be 'Exist' only operator when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, " +
  'ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity';

function validateRequirement({ scopeName, operator, values = [] }: ScopeRequirement, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (PLAIN_SCOPES.includes(scopeName) && operator !== 'Exists') {
    errors.push(invalid(path(field, 'operator'), operator ?? '', PLAIN_OPERATOR));
  }
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length > 0) return errors;
      return [
        ...errors,
        required(
          path(field, 'values'),
          "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        ),
      ];
    case 'Exists':
    case 'DoesNotExist':
      if (values.length === 0) return errors;
      return [
        ...errors,
        invalid(
          path(field, 'values'),
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ),
      ];
    default:
      return [...errors, invalid(path(field, 'operator'), operator ?? '', 'not a valid selector operator')];
  }
}
