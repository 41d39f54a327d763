import type { V1Role } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import { pathSegmentName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { createdAtColumn, nameColumn } from '../meta-v1/columns.ts';
import { validateRules } from './policy-rule.ts';

export type Role = Resource<V1Role>;

export const role = defineKind<Role>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  namespaced: true,
  createOnUpdate: true,
  columns: [nameColumn, createdAtColumn],
  validateName: pathSegmentName,
  validate: (r) => validateRules(r.rules, true),
});
