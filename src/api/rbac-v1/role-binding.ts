import type { V1RoleBinding } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import { pathSegmentName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { bindingColumns, defaultBinding, validateBinding, validateBindingUpdate } from './role-binding-rules.ts';

export type RoleBinding = Resource<V1RoleBinding>;

export const roleBinding = defineKind<RoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
  createOnUpdate: true,
  columns: bindingColumns,
  validateName: pathSegmentName,
  setDefaults: defaultBinding,
  validate: (binding) => validateBinding(binding, ['Role', 'ClusterRole']),
  validateUpdate: validateBindingUpdate,
});
