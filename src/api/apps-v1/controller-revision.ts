import type { V1ControllerRevision } from '@kubernetes/client-node';
import { required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { controllerOf, type Resource } from '../../apimachinery/object.ts';
import { immutable, nonNegative } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type ControllerRevision = Resource<V1ControllerRevision>;

function validate(revision: ControllerRevision): FieldError[] {
  const missing = revision.data === undefined || revision.data === null;
  return [...(missing ? [required('data', 'data is mandatory')] : []), ...nonNegative('revision', revision.revision)];
}

/** `daemonset.apps/web`, as the column names the controller. */
function controllerText(revision: ControllerRevision): string {
  const owner = controllerOf(revision);
  if (!owner) return '<none>';
  const slash = owner.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : `.${owner.apiVersion.slice(0, slash)}`;
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

export const controllerRevision = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
  columns: [nameColumn, column('Controller', controllerText), column('Revision', (r) => r.revision ?? 0), ageColumn],
  setDefaults(r) {
    r.revision ??= 0;
  },
  validate,
  validateUpdate: (now, old) => immutable('data', now.data, old.data),
});
