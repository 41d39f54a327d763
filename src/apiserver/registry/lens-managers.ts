import { difference, EMPTY, fieldsSet, has, isEmpty } from '../../apimachinery/apply/field-set.ts';
import {
  compareEntries,
  isSameManager,
  type ManagedFields,
  type ManagedFieldsEntry,
} from '../../apimachinery/apply/managed-fields.ts';
import type { ApplyScope } from '../../apimachinery/apply/scope.ts';
import { fieldElement } from '../../apimachinery/apply/path-element.ts';
import type { Kind, Subresource } from '../../apimachinery/kind.ts';
import { apiVersionOf, type AnyObject, type KubeObject } from '../../apimachinery/object.ts';
import { managersOf, type FieldManagers } from './field-managers.ts';
import { throughLens } from './lens.ts';

/** What an applier sees of an object, and what becomes of the object's managers by what it does. */
export interface LensScope {
  readonly scope: ApplyScope;
  /** The part of the stored object that is seen, and its managers. */
  live(current: AnyObject): { readonly live: object; readonly managers: ManagedFields };
  /** The managers of the object, made of those of the part that is seen. */
  toParent(current: AnyObject, managers: ManagedFields): ManagedFields;
}

/** The scope of an apply to an object, or through one of its subresources. */
export function lensScope(fieldManagers: FieldManagers, kind: Kind, subresource: Subresource | undefined): LensScope {
  const scope = fieldManagers.scope(kind, subresource);
  if (subresource?.kind) return foreignLens(fieldManagers, scope, subresource);
  return {
    scope,
    live: (current) => ({ live: withoutManagers(current), managers: managersOf(current) }),
    toParent: (_, managers) => managers,
  };
}

function withoutManagers(object: KubeObject): object {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** What a body of another kind shares with its parent: one field, owned in both under its own path. */
const sharedField = ['spec', 'replicas'] as const;

/**
 * A subresource with a body of its own kind (a Scale): whoever manages its field of the parent is seen as managing it here,
 * and the other way round.
 */
function foreignLens(fieldManagers: FieldManagers, parent: ApplyScope, subresource: Subresource): LensScope {
  const parentPath = subresource.sharedField ?? sharedField;
  const inParent = fieldsSet([parentPath]);
  const here = { path: fieldsSet([sharedField]), apiVersion: apiVersionOf(subresource.kind!) };
  const owns = (entry: ManagedFieldsEntry) => has(entry.fieldsV1, parentPath.map(fieldElement));
  const scope: ApplyScope = {
    apiVersion: here.apiVersion,
    subresource: subresource.name,
    skip: new Set(['status']),
    reset: EMPTY,
    type: fieldManagers.types.object(subresource.definition ?? ''),
    convert: (object) => object,
    back: (object) => object,
    version: () => undefined,
  };
  return {
    scope,
    live: (current) => ({
      live: throughLens(subresource, current),
      managers: managersOf(current)
        .filter(owns)
        .map((entry) => ({ ...entry, apiVersion: here.apiVersion, fieldsV1: here.path })),
    }),
    toParent(current, managers) {
      const kept = managersOf(current).flatMap((entry) => {
        if (!owns(entry) || managers.some((m) => isSameManager({ ...m, apiVersion: entry.apiVersion }, entry))) {
          return [entry];
        }
        const fieldsV1 = difference(entry.fieldsV1, inParent);
        return isEmpty(fieldsV1) ? [] : [{ ...entry, fieldsV1 }];
      });
      const added = managers
        .map((entry) => ({ ...entry, apiVersion: parent.apiVersion, fieldsV1: inParent }))
        .filter((entry) => !kept.some((other) => isSameManager(entry, other)));
      return [...kept, ...added].sort(compareEntries);
    },
  };
}
