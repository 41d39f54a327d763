import type { V1StorageClass } from '@kubernetes/client-node';
import { forbidden, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { immutable, oneOf, requiredText, same } from '../meta-v1/checks.ts';
import { markedDefault } from '../meta-v1/marked-default.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { validateParameters } from './parameters.ts';
import { topologyWarnings, validateTopologies } from './topology.ts';

export type StorageClass = Resource<V1StorageClass>;

/** Marks the class of claims that name none. The second is its old name. */
const DEFAULT_MARKS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

/** The class of claims that name none: the newest of those that are marked. */
export function defaultClassOf(classes: readonly StorageClass[]): StorageClass | undefined {
  return markedDefault(classes, DEFAULT_MARKS);
}

function validate(storageClass: StorageClass): FieldError[] {
  return [
    ...requiredText('provisioner', storageClass.provisioner, (name) => qualifiedName(name.toLowerCase())),
    ...validateParameters(storageClass.parameters),
    ...(storageClass.reclaimPolicy ? oneOf('reclaimPolicy', storageClass.reclaimPolicy, ['Delete', 'Retain']) : []),
    ...oneOf('volumeBindingMode', storageClass.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']),
    ...validateTopologies(storageClass.allowedTopologies),
  ];
}

function validateUpdate(now: StorageClass, old: StorageClass): FieldError[] {
  return [
    ...(['parameters', 'provisioner'] as const)
      .filter((field) => !same(now[field] ?? {}, old[field] ?? {}))
      .map((field) => forbidden(field, `updates to ${field} are forbidden.`)),
    ...(now.reclaimPolicy === old.reclaimPolicy
      ? []
      : [forbidden('reclaimPolicy', 'updates to reclaimPolicy are forbidden.')]),
    ...immutable('volumeBindingMode', now.volumeBindingMode, old.volumeBindingMode),
  ];
}

function nameText(storageClass: StorageClass): string {
  const marked = DEFAULT_MARKS.some((mark) => storageClass.metadata.annotations?.[mark] === 'true');
  return marked ? `${storageClass.metadata.name} (default)` : storageClass.metadata.name;
}

export const storageClass = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  returnsDeleted: true,
  namespaced: false,
  shortNames: ['sc'],
  createOnUpdate: true,
  columns: [
    { ...nameColumn, value: nameText },
    column('Provisioner', (c) => c.provisioner ?? ''),
    column('ReclaimPolicy', (c) => c.reclaimPolicy ?? 'Delete'),
    column('VolumeBindingMode', (c) => c.volumeBindingMode ?? '<unset>'),
    column('AllowVolumeExpansion', (c) => c.allowVolumeExpansion ?? false),
    ageColumn,
  ],
  setDefaults(c) {
    c.reclaimPolicy ??= 'Delete';
    c.volumeBindingMode ??= 'Immediate';
  },
  validate,
  validateUpdate,
  warnings: (c) => topologyWarnings(c.allowedTopologies),
});
