import type { V1Lease } from '@kubernetes/client-node';
import { forbidden, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { nonNegative, positive } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { validateStrategy } from './strategy.ts';

export type Lease = Resource<V1Lease>;

function validate({ spec }: Lease): FieldError[] {
  return [
    ...positive('spec.leaseDurationSeconds', spec?.leaseDurationSeconds),
    ...nonNegative('spec.leaseTransitions', spec?.leaseTransitions),
    ...(spec?.strategy === undefined ? [] : validateStrategy('spec.strategy', spec.strategy)),
    ...(spec?.preferredHolder && !spec.strategy
      ? [forbidden('spec.preferredHolder', 'may only be specified when `strategy` is defined')]
      : []),
  ];
}

export const lease = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  versionedUpdate: true,
  namespaced: true,
  createOnUpdate: true,
  columns: [nameColumn, column('Holder', (l) => l.spec?.holderIdentity ?? ''), ageColumn],
  setDefaults(l) {
    l.spec ??= {};
  },
  validate,
});
