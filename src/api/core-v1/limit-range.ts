import type { V1LimitRange } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { createdAtColumn, nameColumn } from '../meta-v1/columns.ts';
import { canonicalize } from '../meta-v1/quantities.ts';
import { LIMIT_MAPS, validateLimits } from './limit-range-validation.ts';

export type LimitRange = Resource<V1LimitRange>;

/** A container's default limit is its maximum unless said otherwise, its default request that limit or the minimum. */
function setDefaults(range: LimitRange): void {
  for (const item of range.spec?.limits ?? []) {
    for (const name of LIMIT_MAPS) canonicalize(item[name]);
    if (item.type !== 'Container') continue;
    const limits = { ...item.max, ...item.default };
    const requests = { ...item.min, ...limits, ...item.defaultRequest };
    if (Object.keys(limits).length > 0) item.default = limits;
    if (Object.keys(requests).length > 0) item.defaultRequest = requests;
  }
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
  validate: (range) => validateLimits(range.spec?.limits ?? [], 'spec.limits'),
});
