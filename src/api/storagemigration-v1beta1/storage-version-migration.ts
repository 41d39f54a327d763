import type { V1beta1StorageVersionMigration } from '@kubernetes/client-node';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, nameColumn } from '../meta-v1/columns.ts';

export type StorageVersionMigration = Resource<V1beta1StorageVersionMigration>;

export const storageVersionMigration = defineKind<StorageVersionMigration>({
  group: 'storagemigration.k8s.io',
  version: 'v1beta1',
  kind: 'StorageVersionMigration',
  plural: 'storageversionmigrations',
  namespaced: false,
  subresources: [statusSubresource],
  columns: [nameColumn, ageColumn],
});
