import type { V1beta1LeaseCandidate } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type LeaseCandidate = Resource<V1beta1LeaseCandidate>;

export const leaseCandidate = defineKind<LeaseCandidate>({
  group: 'coordination.k8s.io',
  version: 'v1beta1',
  kind: 'LeaseCandidate',
  plural: 'leasecandidates',
  namespaced: true,
  columns: [
    nameColumn,
    column('LeaseName', (c) => c.spec?.leaseName ?? ''),
    column('BinaryVersion', (c) => c.spec?.binaryVersion ?? ''),
    column('EmulationVersion', (c) => c.spec?.emulationVersion ?? ''),
    ageColumn,
  ],
});
