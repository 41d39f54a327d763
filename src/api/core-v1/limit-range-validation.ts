import type { V1LimitRangeItem } from '@kubernetes/client-node';
import {
  duplicate,
  forbidden,
  invalid,
  keyPath,
  path,
  required,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import type { Plain } from '../../apimachinery/object.ts';
import { compareQuantities, isQuantity, parseQuantity } from '../../apimachinery/quantity.ts';
import { checked, validateQuantities } from '../meta-v1/checks.ts';
import { validateContainerResource, validateResourceName } from './resources-validation.ts';

type Item = Plain<V1LimitRangeItem>;

/** The maps of amounts in one item of a limit range. */
export const LIMIT_MAPS = ['default', 'defaultRequest', 'max', 'maxLimitRequestRatio', 'min'] as const;
const TYPES = ['Container', 'PersistentVolumeClaim', 'Pod'];

/** The rules of `spec.limits`: one item of each type, whose amounts do not contradict each other. */
export function validateLimits(items: readonly Item[], field: string): FieldError[] {
  const seen = new Set<string>();
  return items.flatMap((item, i) => {
    const at = path(field, i);
    const errors = validateType(item.type ?? '', path(at, 'type'));
    if (seen.has(item.type)) errors.push(duplicate(path(at, 'type'), item.type));
    seen.add(item.type);
    const amounts = validateAmounts(item, at);
    return [
      ...errors,
      ...amounts,
      ...validateForType(item, at),
      ...(amounts.length > 0 ? [] : validateOrder(item, at)),
    ];
  });
}

function validateType(type: string, field: string): FieldError[] {
  const errors = checked(field, type, qualifiedName);
  if (errors.length > 0 || type.includes('/') || TYPES.includes(type)) return errors;
  return [invalid(field, type, 'must be a standard limit type or fully qualified')];
}

function validateAmounts(item: Item, at: string): FieldError[] {
  const forPods = item.type === 'Pod';
  const maps = forPods ? LIMIT_MAPS.filter((map) => map !== 'default' && map !== 'defaultRequest') : LIMIT_MAPS;
  const validateName = forPods || item.type === 'Container' ? validateContainerResource : validateResourceName;
  return maps.flatMap((map) => [
    ...Object.keys(item[map] ?? {}).flatMap((name) => validateName(name, keyPath(path(at, map), name))),
    ...validateQuantities(path(at, map), item[map]),
  ]);
}

function validateForType(item: Item, at: string): FieldError[] {
  if (item.type === 'Pod') {
    return (['default', 'defaultRequest'] as const)
      .filter((map) => Object.keys(item[map] ?? {}).length > 0)
      .map((map) => forbidden(path(at, map), "may not be specified when `type` is 'Pod'"));
  }
  const bounded = item.min?.['storage'] !== undefined || item.max?.['storage'] !== undefined;
  if (item.type !== 'PersistentVolumeClaim' || bounded) return [];
  const detail = 'either minimum or maximum storage value is required, but neither was provided';
  return [required(path(at, 'limits'), detail)];
}

/** Which amount must not be above which: the maps, the one that the error names, and how it calls them. */
const ORDER = [
  ['min', 'max', 'min', 'min value', 'max value'],
  ['min', 'defaultRequest', 'defaultRequest', 'min value', 'default request value'],
  ['defaultRequest', 'max', 'defaultRequest', 'default request value', 'max value'],
  ['defaultRequest', 'default', 'defaultRequest', 'default request value', 'default limit value'],
  ['min', 'default', 'default', 'min value', 'default value'],
  ['default', 'max', 'default', 'default value', 'max value'],
] as const;

function validateOrder(item: Item, at: string): FieldError[] {
  const names = new Set(LIMIT_MAPS.flatMap((map) => Object.keys(item[map] ?? {})));
  return [...names].flatMap((name) => [
    ...ORDER.flatMap(([low, high, blamed, lowText, highText]) => {
      const [a, b] = [item[low]?.[name], item[high]?.[name]];
      if (!isQuantity(a) || !isQuantity(b) || compareQuantities(a!, b!) <= 0) return [];
      const detail = `${lowText} ${a} is greater than ${highText} ${b}`;
      return [invalid(keyPath(path(at, blamed), name), item[blamed]![name], detail)];
    }),
    ...validateRatio(item, name, keyPath(path(at, 'maxLimitRequestRatio'), name)),
  ]);
}

function validateRatio(item: Item, name: string, field: string): FieldError[] {
  const ratio = item.maxLimitRequestRatio?.[name];
  if (!isQuantity(ratio)) return [];
  if (compareQuantities(ratio!, '1') < 0) return [invalid(field, ratio, `ratio ${ratio} is less than 1`)];
  const [min, max] = [item.min?.[name], item.max?.[name]];
  if (!isQuantity(min) || !isQuantity(max) || compareQuantities(min!, '0') <= 0) return [];
  const most = Number(parseQuantity(max!).nanos) / Number(parseQuantity(min!).nanos);
  if (Number(parseQuantity(ratio!).nanos) / 1e9 <= most) return [];
  return [invalid(field, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`)];
}
