import type { V1CustomResourceDefinition } from '@kubernetes/client-node';
import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, bareStatusSubresource } from '../../apimachinery/kind.ts';
import { dns1035Label, dns1123Subdomain } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { checked, immutable, noDuplicates, requiredOneOf, requiredText } from '../meta-v1/checks.ts';
import { createdAtColumn, nameColumn } from '../meta-v1/columns.ts';

export type CustomResourceDefinition = Resource<V1CustomResourceDefinition>;
type Spec = NonNullable<CustomResourceDefinition['spec']>;

function setDefaults(crd: CustomResourceDefinition): void {
  const spec = (crd.spec ??= {} as Spec);
  const names = (spec.names ??= {} as Spec['names']);
  if (names.kind) {
    names.singular ||= names.kind.toLowerCase();
    names.listKind ||= `${names.kind}List`;
  }
  spec.conversion ??= { strategy: 'None' };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= 443;
}

function validate(crd: CustomResourceDefinition): FieldError[] {
  const spec = crd.spec;
  const name = `${spec.names.plural}.${spec.group}`;
  return [
    ...(spec.names.plural && crd.metadata.name !== name
      ? [invalid('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group')]
      : []),
    ...validateGroup(spec.group),
    ...requiredOneOf('spec.scope', spec.scope, ['Cluster', 'Namespaced']),
    ...validateVersions(spec),
    ...validateNames(spec.names),
    ...requiredOneOf('spec.conversion.strategy', spec.conversion?.strategy, ['None', 'Webhook']),
  ];
}

function validateGroup(group: string | undefined): FieldError[] {
  const errors = requiredText('spec.group', group, dns1123Subdomain);
  if (errors.length > 0 || group!.includes('.')) return errors;
  return [invalid('spec.group', group, 'should be a domain with at least one dot')];
}

function validateVersions(spec: Spec): FieldError[] {
  const versions = spec.versions ?? [];
  const errors = versions.flatMap((version, i) => {
    const at = path('spec.versions', i);
    const schema = version.schema?.openAPIV3Schema;
    return [
      ...checked(path(at, 'name'), version.name ?? '', dns1035Label),
      ...(schema ? [] : [required(path(at, 'schema', 'openAPIV3Schema'), 'schemas are required')]),
      ...(schema && schema.type !== 'object'
        ? [invalid(path(at, 'schema', 'openAPIV3Schema', 'type'), schema.type ?? '', 'must be object at the root')]
        : []),
    ];
  });
  const stored = versions.filter((version) => version.storage).length;
  if (stored !== 1) {
    const detail = 'must have exactly one version marked as storage version';
    errors.push(
      invalid(
        'spec.versions',
        versions.map((version) => version.name),
        detail,
      ),
    );
  }
  return [...errors, ...noDuplicates(versions.map((v, i) => [`spec.versions[${i}].name`, v.name] as const))];
}

function validateNames(names: Spec['names']): FieldError[] {
  return [
    ...requiredText('spec.names.plural', names.plural, dns1035Label),
    ...requiredText('spec.names.singular', names.singular, dns1035Label),
    ...requiredText('spec.names.kind', names.kind, (kind) => dns1035Label(kind.toLowerCase())),
    ...requiredText('spec.names.listKind', names.listKind, (kind) => dns1035Label(kind.toLowerCase())),
    ...(names.shortNames ?? []).flatMap((n, i) => checked(`spec.names.shortNames[${i}]`, n, dns1035Label)),
    ...(names.categories ?? []).flatMap((n, i) => checked(`spec.names.categories[${i}]`, n, dns1035Label)),
    ...(names.kind && names.kind === names.listKind
      ? [invalid('spec.names.listKind', names.listKind, 'kind and listKind may not be the same')]
      : []),
  ];
}

export const customResourceDefinition = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  versionedUpdate: true,
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  definition: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  columns: [nameColumn, createdAtColumn],
  subresources: [bareStatusSubresource],
  hasGeneration: true,
  setDefaults,
  validate,
  validateUpdate: (now, old) => [
    ...immutable('spec.group', now.spec?.group, old.spec?.group),
    ...immutable('spec.names.plural', now.spec?.names.plural, old.spec?.names.plural),
    ...immutable('spec.scope', now.spec?.scope, old.spec?.scope),
  ],
  prepareForCreate(crd) {
    const storedVersions = (crd.spec?.versions ?? []).filter((v) => v.storage).map((v) => v.name);
    crd.status = { storedVersions };
  },
});
