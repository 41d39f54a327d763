import type { Kind } from '../../apimachinery/kind.ts';
import { role } from './role.ts';
import { roleBinding } from './role-binding.ts';
import { clusterRole } from './cluster-role.ts';
import { clusterRoleBinding } from './cluster-role-binding.ts';

/** The kinds of rbac.authorization.k8s.io, version v1. */
export const rbacV1: readonly Kind[] = [role, roleBinding, clusterRole, clusterRoleBinding];
