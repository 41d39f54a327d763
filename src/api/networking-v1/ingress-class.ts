import type { V1IngressClass } from '@kubernetes/client-node';
import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { checked, immutable, oneOf, requiredText } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type IngressClass = Resource<V1IngressClass>;

function setDefaults(ingressClass: IngressClass): void {
  const parameters = ingressClass.spec?.parameters;
  if (parameters) parameters.scope ??= 'Cluster';
}

function validate({ spec }: IngressClass): FieldError[] {
  const field = 'spec.controller';
  const name = spec?.controller ?? '';
  const errors = name.length > 250 ? [invalid(field, name, 'must be no more than 250 characters')] : [];
  if (name && !name.includes('/')) {
    errors.push(invalid(field, name, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  } else if (name) errors.push(...checked(field, name, (v) => qualifiedName(v.split('/').slice(0, 2).join('/'))));
  const { parameters } = spec ?? {};
  if (!parameters) return errors;
  return [
    ...errors,
    ...requiredText('spec.parameters.kind', parameters.kind),
    ...requiredText('spec.parameters.name', parameters.name),
    ...oneOf('spec.parameters.scope', parameters.scope, ['Cluster', 'Namespace']),
  ];
}

function parametersText({ spec }: IngressClass): string {
  const { kind, name, apiGroup } = spec?.parameters ?? {};
  if (!kind) return '<none>';
  return apiGroup ? `${kind}.${apiGroup}/${name}` : `${kind}/${name}`;
}

export const ingressClass = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  namespaced: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    column('Controller', (c) => c.spec?.controller ?? ''),
    column('Parameters', parametersText),
    ageColumn,
  ],
  setDefaults,
  validate,
  validateUpdate: (now, old) => immutable('spec.controller', now.spec?.controller, old.spec?.controller),
});
