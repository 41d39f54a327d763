import type { V1ConfigMap } from '@kubernetes/client-node';
import { forbidden, invalid, keyPath, tooLong, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { configMapKey } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { checked, same } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type ConfigMap = Resource<V1ConfigMap>;

/** The most that the values of a ConfigMap or Secret may be together, in bytes. */
export const DATA_LIMIT = 1024 * 1024;
const SEALED = 'field is immutable when `immutable` is set';

function validate(map: ConfigMap): FieldError[] {
  const { data = {}, binaryData = {} } = map;
  const errors = [
    ...Object.keys(data).flatMap((key) => checked(keyPath('data', key), key, configMapKey)),
    ...Object.keys(binaryData).flatMap((key) => [
      ...checked(keyPath('binaryData', key), key, configMapKey),
      ...(Object.hasOwn(data, key)
        ? [invalid(keyPath('binaryData', key), key, 'duplicate of key present in data')]
        : []),
    ]),
  ];
  const texts = Object.values(data).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const size = Object.values(binaryData).reduce((sum, text) => sum + Buffer.byteLength(text, 'base64'), texts);
  return size > DATA_LIMIT ? [...errors, tooLong('[]', DATA_LIMIT)] : errors;
}

/** What holds of everything that can be sealed with `immutable: true`. */
export function validateSealed<T extends { immutable?: boolean }>(
  object: T,
  old: T,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (!old.immutable) return [];
  const opened = object.immutable ? [] : [forbidden('immutable', SEALED)];
  const changed = fields.filter((field) => !same(object[field] ?? {}, old[field] ?? {}));
  return [...opened, ...changed.map((field) => forbidden(field, SEALED))];
}

export const configMap = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
  shortNames: ['cm'],
  columns: [
    nameColumn,
    column('Data', (cm) => Object.keys(cm.data ?? {}).length + Object.keys(cm.binaryData ?? {}).length),
    ageColumn,
  ],
  validate,
  validateUpdate: (map, old) => validateSealed(map, old, ['data', 'binaryData']),
});
