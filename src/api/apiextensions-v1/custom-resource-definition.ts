import type { V1CustomResourceDefinition } from '@kubernetes/client-node';
import { bareStatusSubresource, defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { createdAtColumn, nameColumn } from '../meta-v1/columns.ts';
import type { JsonSchema } from './json-schema.ts';
import { formatWarnings } from './schema-formats.ts';
import { dropZeros } from './schema-zeros.ts';
import { validateDefinition, validateDefinitionStatus, validateDefinitionUpdate } from './definition-validation.ts';

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
  for (const schema of schemasOf(crd)) dropZeros(schema);
}

/** The version in which objects are stored now is one in which they may be stored. */
function addStoredVersion(crd: CustomResourceDefinition, before: readonly string[]): void {
  const current = crd.spec?.versions?.find((version) => version.storage)?.name;
  crd.status = {
    ...crd.status,
    storedVersions: [...new Set([...before, ...(current === undefined ? [] : [current])])],
  };
}

function warnings(crd: CustomResourceDefinition, old?: CustomResourceDefinition): string[] {
  const said = new Set(old ? formatWarnings(schemasOf(old)) : []);
  return formatWarnings(schemasOf(crd)).filter((warning) => !said.has(warning));
}

function schemasOf({ spec }: CustomResourceDefinition): (JsonSchema | undefined)[] {
  return (spec?.versions ?? []).map((version) => version.schema?.openAPIV3Schema as JsonSchema | undefined);
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
  subresources: [{ ...bareStatusSubresource, validate: validateDefinitionStatus }],
  hasGeneration: true,
  setDefaults,
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  warnings,
  prepareForCreate(crd) {
    crd.status = { acceptedNames: { plural: '', kind: '' } };
    addStoredVersion(crd, []);
  },
  prepareForUpdate(crd, old, { subresource }) {
    if (!subresource) addStoredVersion(crd, old.status?.storedVersions ?? []);
  },
});
