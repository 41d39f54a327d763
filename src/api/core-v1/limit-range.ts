import type { V1LimitRange } from '@kubernetes/client-node';
import { duplicate, invalid, keyPath, path, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { compareQuantities, isQuantity } from '../../apimachinery/quantity.ts';
import { validateQuantities } from '../meta-v1/checks.ts';
import { createdAtColumn, nameColumn } from '../meta-v1/columns.ts';
import { canonicalize } from '../meta-v1/quantities.ts';

export type LimitRange = Resource<V1LimitRange>;
type Item = NonNullable<LimitRange['spec']>['limits'][number];

const MAPS = ['default', 'defaultRequest', 'max', 'maxLimitRequestRatio', 'min'] as const;

/** A container's default limit is its maximum unless said otherwise, its default request that limit or the minimum. */
function setDefaults(range: LimitRange): void {
  for (const item of range.spec?.limits ?? []) {
    for (const name of MAPS) canonicalize(item[name]);
    if (item.type !== 'Container') continue;
    const limits = { ...item.max, ...item.default };
    const requests = { ...limits, ...item.min, ...item.default, ...item.defaultRequest };
    if (Object.keys(limits).length > 0) item.default = limits;
    if (Object.keys(requests).length > 0) item.defaultRequest = requests;
  }
}

function validate(range: LimitRange): FieldError[] {
  const seen = new Set<string>();
  return (range.spec?.limits ?? []).flatMap((item, i) => {
    const at = path('spec.limits', i);
    const errors = seen.has(item.type) ? [duplicate(`${at}.type`, item.type)] : [];
    seen.add(item.type);
    for (const name of MAPS) errors.push(...validateQuantities(path(at, name), item[name]));
    return errors.length > 0 ? errors : validateOrder(item, at);
  });
}

/** Minimum, default request, default limit and maximum must follow each other. */
function validateOrder(item: Item, at: string): FieldError[] {
  const order = [
    ['min', 'min'],
    ['defaultRequest', 'default request'],
    ['default', 'default'],
    ['max', 'max'],
  ] as const;
  const names = new Set(order.flatMap(([field]) => Object.keys(item[field] ?? {})));
  return [...names].flatMap((name) => {
    const given = order.filter(([field]) => isQuantity(item[field]?.[name]));
    return given.flatMap(([low, lowText], i) =>
      given.slice(i + 1).flatMap(([high, highText]) => {
        const [a, b] = [item[low]![name]!, item[high]![name]!];
        if (compareQuantities(a, b) <= 0) return [];
        const detail = `${lowText} value ${a} is greater than ${highText} value ${b}`;
        return [invalid(keyPath(path(at, low), name), a, detail)];
      }),
    );
  });
}

export const limitRange = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  namespaced: true,
  shortNames: ['limits'],
  createOnUpdate: true,
  columns: [nameColumn, createdAtColumn],
  setDefaults,
  validate,
});
