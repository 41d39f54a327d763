import type { V1beta1PodCertificateRequest } from '@kubernetes/client-node';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type PodCertificateRequest = Resource<V1beta1PodCertificateRequest>;

export const podCertificateRequest = defineKind<PodCertificateRequest>({
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  kind: 'PodCertificateRequest',
  plural: 'podcertificaterequests',
  namespaced: true,
  subresources: [statusSubresource],
  columns: [
    nameColumn,
    column('PodName', (r) => r.spec?.podName ?? ''),
    column('ServiceAccountName', (r) => r.spec?.serviceAccountName ?? ''),
    column('NodeName', (r) => r.spec?.nodeName ?? ''),
    column('SignerName', (r) => r.spec?.signerName ?? ''),
    ageColumn,
  ],
  selectableFields: {
    'spec.signerName': (r) => r.spec?.signerName ?? '',
    'spec.podName': (r) => r.spec?.podName ?? '',
    'spec.nodeName': (r) => r.spec?.nodeName ?? '',
  },
});
