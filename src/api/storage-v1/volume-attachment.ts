import type { V1VolumeAttachment } from '@kubernetes/client-node';
import { required } from '../../apimachinery/field-error.ts';
import { defineKind, bareStatusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { immutable, requiredText } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type VolumeAttachment = Resource<V1VolumeAttachment>;

export const volumeAttachment = defineKind<VolumeAttachment>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  returnsDeleted: true,
  versionedUpdate: true,
  namespaced: false,
  columns: [
    nameColumn,
    column('Attacher', (a) => a.spec?.attacher ?? ''),
    column('PV', (a) => a.spec?.source?.persistentVolumeName ?? ''),
    column('Node', (a) => a.spec?.nodeName ?? ''),
    column('Attached', (a) => a.status?.attached ?? false),
    ageColumn,
  ],
  subresources: [bareStatusSubresource],
  validate: ({ spec }) => [
    ...requiredText('spec.attacher', spec?.attacher),
    ...(spec?.source?.persistentVolumeName || spec?.source?.inlineVolumeSpec
      ? []
      : [required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')]),
    ...requiredText('spec.nodeName', spec?.nodeName),
  ],
  validateUpdate: (now, old) => immutable('spec', now.spec, old.spec),
  prepareForCreate(a) {
    a.status = { attached: false };
  },
});
