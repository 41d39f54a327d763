import type { V1IngressClass } from '@kubernetes/client-node';
import { forbidden, tooLong, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { dns1123Label, dns1123Subdomain, pathSegmentName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { checked, immutable, requiredOneOf, requiredText } from '../meta-v1/checks.ts';
import { domainPrefixedPath } from '../meta-v1/domain-path.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type IngressClass = Resource<V1IngressClass>;
type Parameters = NonNullable<NonNullable<IngressClass['spec']>['parameters']>;

const LONGEST_CONTROLLER = 250;

function setDefaults(ingressClass: IngressClass): void {
  const parameters = ingressClass.spec?.parameters;
  if (parameters) parameters.scope ??= 'Cluster';
}

function validate({ spec }: IngressClass): FieldError[] {
  const field = 'spec.controller';
  const errors = (spec?.controller?.length ?? 0) > LONGEST_CONTROLLER ? [tooLong(field, LONGEST_CONTROLLER)] : [];
  errors.push(...domainPrefixedPath(field, spec?.controller));
  return spec?.parameters ? [...errors, ...validateParameters(spec.parameters)] : errors;
}

function validateParameters({ apiGroup, kind, name, scope, namespace }: Parameters): FieldError[] {
  const at = 'spec.parameters';
  return [
    ...(apiGroup === undefined ? [] : checked(`${at}.apiGroup`, apiGroup, dns1123Subdomain)),
    ...requiredText(`${at}.kind`, kind, pathSegmentName, 'kind is required'),
    ...requiredText(`${at}.name`, name, pathSegmentName, 'name is required'),
    ...requiredOneOf(`${at}.scope`, scope, ['Cluster', 'Namespace']),
    ...validateNamespace(scope, namespace, `${at}.namespace`),
  ];
}

function validateNamespace(scope: string | undefined, namespace: string | undefined, field: string): FieldError[] {
  if (scope === 'Cluster' && namespace !== undefined) {
    return [forbidden(field, "`parameters.scope` is set to 'Cluster'")];
  }
  if (scope !== 'Namespace') return [];
  return requiredText(field, namespace, dns1123Label, "`parameters.scope` is set to 'Namespace'");
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
