import type { V1ComponentStatus } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { column, nameColumn } from '../meta-v1/columns.ts';

export type ComponentStatus = Resource<V1ComponentStatus>;
type ComponentCondition = NonNullable<ComponentStatus['conditions']>[number];

function healthy(status: ComponentStatus): ComponentCondition | undefined {
  return status.conditions?.find((condition) => condition.type === 'Healthy');
}

function statusText(status: ComponentStatus): string {
  const condition = healthy(status);
  if (!condition) return 'Unknown';
  return condition.status === 'True' ? 'Healthy' : condition.status === 'False' ? 'Unhealthy' : 'Unknown';
}

export const componentStatus = defineKind<ComponentStatus>({
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  plural: 'componentstatuses',
  namespaced: false,
  shortNames: ['cs'],
  verbs: ['get', 'list'],
  columns: [
    nameColumn,
    column('Status', statusText),
    column('Message', (s) => healthy(s)?.message ?? ''),
    column('Error', (s) => healthy(s)?.error ?? ''),
  ],
});
