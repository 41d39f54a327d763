import type { V1ResourceSlice } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type ResourceSlice = Resource<V1ResourceSlice>;

function nodeText({ spec }: ResourceSlice): string {
  if (spec?.nodeName) return spec.nodeName;
  return spec?.allNodes ? '<all>' : '<some>';
}

export const resourceSlice = defineKind<ResourceSlice>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  returnsDeleted: true,
  namespaced: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    column('Node', nodeText),
    column('Driver', (s) => s.spec?.driver ?? ''),
    column('Pool', (s) => s.spec?.pool?.name ?? ''),
    ageColumn,
  ],
  selectableFields: { 'spec.nodeName': (s) => s.spec?.nodeName ?? '', 'spec.driver': (s) => s.spec?.driver ?? '' },
});
