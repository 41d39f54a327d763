import type { V1ClusterRole } from '@kubernetes/client-node';
import { invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { pathSegmentName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { validateLabelSelector } from '../meta-v1/checks.ts';
import { createdAtColumn, nameColumn } from '../meta-v1/columns.ts';
import { validateRules } from './policy-rule.ts';

export type ClusterRole = Resource<V1ClusterRole>;

function validate(role: ClusterRole): FieldError[] {
  const errors = validateRules(role.rules, false);
  if (!role.aggregationRule) return errors;
  const field = 'aggregationRule.clusterRoleSelectors';
  const selectors = role.aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0)
    return [...errors, required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  selectors.forEach((selector, i) => {
    const wrong = validateLabelSelector(`${field}[${i}]`, selector);
    errors.push(...wrong);
    if (wrong.length > 0) errors.push(invalid(`${field}[${i}]`, selector, 'invalid label selector.'));
  });
  return errors;
}

export const clusterRole = defineKind<ClusterRole>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  createOnUpdate: true,
  columns: [nameColumn, createdAtColumn],
  validateName: pathSegmentName,
  validate,
});
