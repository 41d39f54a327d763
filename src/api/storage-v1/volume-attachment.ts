import type { V1VolumeAttachment } from '@kubernetes/client-node';
import { forbidden, required, tooLong, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, bareStatusSubresource } from '../../apimachinery/kind.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { checked, immutable } from '../meta-v1/checks.ts';
import { ageColumn, booleanColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { driverName } from './driver-name.ts';

export type VolumeAttachment = Resource<V1VolumeAttachment>;
type Source = Partial<VolumeAttachment['spec']['source']>;

const ONE_SOURCE = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
const LARGEST_METADATA = 256 * 1024;
const LONGEST_MESSAGE = 1024;

function validate({ spec }: VolumeAttachment): FieldError[] {
  return [
    ...driverName('spec.attacher', spec?.attacher),
    ...validateSource(spec?.source ?? {}),
    ...checked('spec.nodeName', spec?.nodeName ?? '', dns1123Subdomain),
  ];
}

function validateSource({ persistentVolumeName: name, inlineVolumeSpec: inline }: Source): FieldError[] {
  if (name === undefined && !inline) return [required('spec.source', ONE_SOURCE)];
  if (name !== undefined && inline) return [forbidden('spec.source', ONE_SOURCE)];
  if (name === undefined) return [];
  const at = 'spec.source.persistentVolumeName';
  const errors = name === '' ? [required(at, 'must specify non empty persistentVolumeName')] : [];
  return [...errors, ...checked(at, name, dns1123Subdomain)];
}

function validateStatus({ status }: VolumeAttachment): FieldError[] {
  const entries = Object.entries(status?.attachmentMetadata ?? {});
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  return [
    ...(size > LARGEST_METADATA ? [tooLong('status.attachmentMetadata', LARGEST_METADATA)] : []),
    ...(['attachError', 'detachError'] as const)
      .filter((name) => (status?.[name]?.message?.length ?? 0) > LONGEST_MESSAGE)
      .map((name) => tooLong(`status.${name}.message`, LONGEST_MESSAGE)),
  ];
}

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
    booleanColumn('Attached', (a) => a.status?.attached ?? false),
    ageColumn,
  ],
  subresources: [{ ...bareStatusSubresource, validate: validateStatus }],
  validate,
  validateUpdate: (now, old) => immutable('spec', now.spec, old.spec),
  prepareForCreate(a) {
    a.status = { attached: false };
  },
});
