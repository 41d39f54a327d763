import type { V1beta1ClusterTrustBundle } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { immutable, requiredText } from '../meta-v1/checks.ts';
import { column, nameColumn } from '../meta-v1/columns.ts';

export type ClusterTrustBundle = Resource<V1beta1ClusterTrustBundle>;

export const clusterTrustBundle = defineKind<ClusterTrustBundle>({
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  kind: 'ClusterTrustBundle',
  plural: 'clustertrustbundles',
  namespaced: false,
  columns: [nameColumn, column('SignerName', (b) => b.spec?.signerName || '<none>')],
  selectableFields: { 'spec.signerName': (b) => b.spec?.signerName ?? '' },
  validate: (b) => requiredText('spec.trustBundle', b.spec?.trustBundle),
  validateUpdate: (now, old) => immutable('spec.signerName', now.spec?.signerName, old.spec?.signerName),
});
