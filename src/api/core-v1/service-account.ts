import type { V1ServiceAccount } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, nameColumn, numberColumn } from '../meta-v1/columns.ts';

export type ServiceAccount = Resource<V1ServiceAccount>;

export const serviceAccount = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  returnsDeleted: true,
  namespaced: true,
  shortNames: ['sa'],
  columns: [nameColumn, numberColumn('Secrets', (sa) => sa.secrets?.length ?? 0), ageColumn],
  subresources: [
    {
      name: 'token',
      verbs: ['create'],
      kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
      definition: 'io.k8s.api.authentication.v1.TokenRequest',
      connect: true,
    },
  ],
});
