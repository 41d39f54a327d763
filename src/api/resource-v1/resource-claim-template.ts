import type { V1ResourceClaimTemplate } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { immutable, validateAnnotations, validateLabels } from '../meta-v1/checks.ts';
import { ageColumn, nameColumn } from '../meta-v1/columns.ts';
import { defaultRequests, validateDevices } from './device-requests.ts';

export type ResourceClaimTemplate = Resource<V1ResourceClaimTemplate>;

export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  namespaced: true,
  columns: [nameColumn, ageColumn],
  setDefaults: (t) => defaultRequests(t.spec?.spec?.devices),
  validate: ({ spec }) => [
    ...validateLabels('spec.metadata.labels', spec?.metadata?.labels),
    ...validateAnnotations('spec.metadata.annotations', spec?.metadata?.annotations),
    ...validateDevices(spec?.spec?.devices, 'spec.spec.devices'),
  ],
  validateUpdate: (now, old) => immutable('spec', now.spec, old.spec),
});
