import type { V1ClusterRoleBinding } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import { pathSegmentName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { bindingColumns, defaultBinding, validateBinding, validateBindingUpdate } from './role-binding-rules.ts';

export type ClusterRoleBinding = Resource<V1ClusterRoleBinding>;

export const clusterRoleBinding = defineKind<ClusterRoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
  createOnUpdate: true,
  columns: bindingColumns,
  validateName: pathSegmentName,
  setDefaults: defaultBinding,
  validate: (binding) => validateBinding(binding, ['ClusterRole']),
  validateUpdate: validateBindingUpdate,
});
