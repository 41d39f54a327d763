import type { V1ServiceCIDR } from '@kubernetes/client-node';
import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { canonicalCidr } from '../../apimachinery/ip-address.ts';
import { CIDR_RULE, isCidr } from '../core-v1/ip.ts';
import { immutable } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type ServiceCIDR = Resource<V1ServiceCIDR>;

function validate({ spec }: ServiceCIDR): FieldError[] {
  const ranges = spec?.cidrs ?? [];
  if (ranges.length === 0) return [required('spec.cidrs', 'at least one CIDR required')];
  if (ranges.length > 2) return [invalid('spec', spec, 'may only hold up to 2 values')];
  const errors = ranges.flatMap((range, i) => validateRange(path('spec.cidrs', i), range));
  const families = new Set(ranges.map((range) => range.includes(':')));
  if (errors.length === 0 && families.size < ranges.length) {
    const detail = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96';
    errors.push(invalid('spec', spec, detail));
  }
  return errors;
}

function validateRange(field: string, range: string): FieldError[] {
  if (!isCidr(range)) return [invalid(field, range, CIDR_RULE)];
  const canonical = canonicalCidr(range);
  if (range === canonical) return [];
  return [invalid(field, range, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

/** A range of the other family may come to the first; nothing else changes. */
function validateUpdate(now: ServiceCIDR, old: ServiceCIDR): FieldError[] {
  const [ranges, before] = [now.spec?.cidrs ?? [], old.spec?.cidrs ?? []];
  if (before.length !== 1 || ranges.length !== 2) return immutable('spec.cidrs', ranges, before);
  if (ranges[0] === before[0]) return [];
  return [invalid('spec.cidrs[0]', ranges[0], 'cannot change the primary CIDR')];
}

export const serviceCidr = defineKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  namespaced: false,
  columns: [nameColumn, column('CIDRs', (c) => (c.spec?.cidrs ?? []).join(',')), ageColumn],
  subresources: [statusSubresource],
  validate,
  validateUpdate,
});
