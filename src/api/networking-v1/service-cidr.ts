import type { V1ServiceCIDR } from '@kubernetes/client-node';
import { invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { CIDR_RULE, isCidr } from '../core-v1/ip.ts';
import { immutable } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type ServiceCIDR = Resource<V1ServiceCIDR>;

function validate({ spec }: ServiceCIDR): FieldError[] {
  const ranges = spec?.cidrs ?? [];
  if (ranges.length === 0) return [required('spec.cidrs', 'at least one CIDR required')];
  const errors = ranges.length > 2 ? [invalid('spec', spec, 'may only hold up to 2 values')] : [];
  ranges.forEach((range, i) => {
    if (!isCidr(range)) errors.push(invalid(`spec.cidrs[${i}]`, range, CIDR_RULE));
  });
  return errors;
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
  validateUpdate: (now, old) => immutable('spec.cidrs', now.spec?.cidrs, old.spec?.cidrs),
});
