import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1035Label, dns1123Subdomain } from '../../apimachinery/names.ts';
import { checked, immutable, requiredOneOf, requiredText, same } from '../meta-v1/checks.ts';
import { validateApproval } from './api-approval.ts';
import { validateConversion } from './conversion.ts';
import type { CustomResourceDefinition } from './custom-resource-definition.ts';
import type { JsonSchema } from './json-schema.ts';
import { validateNames } from './names.ts';
import { allPartsOf } from './schema-parts.ts';
import { validateSchema } from './structural-schema.ts';
import { validateColumns, validateSelectable, validateSubresources, type Version } from './version-features.ts';

type Spec = CustomResourceDefinition['spec'];

/** The rules of a definition, new or changed. A schema that did not change may stay as it is. */
export function validateDefinition(crd: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  const { spec, status, metadata } = crd;
  const name = `${spec.names.plural ?? ''}.${spec.group ?? ''}`;
  return [
    ...(metadata.name === name
      ? []
      : [invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')]),
    ...validateGroup(spec.group),
    ...requiredOneOf('spec.scope', spec.scope, ['Cluster', 'Namespaced']),
    ...validatePruning(spec, old?.spec),
    ...validateApproval(crd, old),
    ...validateVersions(spec),
    ...features(spec).flatMap((feature) => featureErrors(feature, old?.spec)),
    ...validateNames(spec.names, 'spec.names'),
    ...validateConversion(spec.conversion ?? {}, 'spec.conversion'),
    ...validateStored(spec, status?.storedVersions ?? []),
  ];
}

function validateGroup(group: string | undefined): FieldError[] {
  const errors = requiredText('spec.group', group, dns1123Subdomain);
  if (!group || group.includes('.')) return errors;
  return [...errors, invalid('spec.group', group, 'should be a domain with at least one dot')];
}

function validatePruning(spec: Spec, old: Spec | undefined): FieldError[] {
  if (!spec.preserveUnknownFields || old?.preserveUnknownFields) return [];
  const detail =
    'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
  const field = 'spec.preserveUnknownFields';
  const schemas = (spec.versions ?? []).map((version) => version.schema?.openAPIV3Schema as JsonSchema | undefined);
  const strategy = spec.conversion?.strategy ?? 'None';
  return [
    invalid(field, true, detail),
    ...(schemas.some(hasDefaults)
      ? [invalid(field, true, 'must be false in order to use defaults in the schema')]
      : []),
    ...(strategy === 'None'
      ? []
      : [invalid('spec.conversion.strategy', strategy, 'must be None if spec.preserveUnknownFields is true')]),
  ];
}

function hasDefaults(schema: JsonSchema | undefined): boolean {
  if (!schema) return false;
  return schema.default !== undefined || allPartsOf(schema, '').some((part) => hasDefaults(part.schema));
}

function validateVersions({ versions = [] }: Partial<Spec>): FieldError[] {
  const names = versions.map((version) => version.name);
  const errors = versions.flatMap((version: Version, i) => {
    const at = path('spec.versions', i);
    const problems = dns1035Label(version.name ?? '');
    return [
      ...(problems.length > 0 ? [invalid(path(at, 'name'), version.name ?? '', problems.join(','))] : []),
      // The first one is the version of old clients, and spoken of as such too.
      ...(problems.length > 0 && i === 0 && version.name
        ? [invalid('spec.version', version.name, problems.join(','))]
        : []),
      ...validateDeprecation(version, at),
      ...(version.schema?.openAPIV3Schema
        ? []
        : [required(path(at, 'schema', 'openAPIV3Schema'), 'schemas are required')]),
    ];
  });
  if (new Set(names).size < names.length) {
    errors.push(invalid('spec.versions', names, 'must contain unique version names'));
  }
  if (versions.filter((version) => version.storage).length !== 1) {
    errors.push(invalid('spec.versions', names, 'must have exactly one version marked as storage version'));
  }
  return errors;
}

function validateDeprecation({ deprecated, deprecationWarning: warning }: Version, at: string): FieldError[] {
  const field = path(at, 'deprecationWarning');
  if (warning === undefined) return [];
  if (!deprecated) return [invalid(field, warning, 'can only be set for deprecated versions')];
  const problems = [
    ...(Buffer.byteLength(warning) > 256 ? ['must be <= 256 characters long'] : []),
    ...(warning === '' ? ['must not be an empty string'] : []),
    ...unprintable(warning),
  ];
  return problems.map((detail) => invalid(field, warning, detail));
}

/** Says where the first character stands that nobody sees, counted in bytes. A space can be printed. */
function unprintable(text: string): string[] {
  const found = /[\p{C}\p{Z}]/u.exec(text.replaceAll(' ', '_'));
  if (!found) return [];
  const index = Buffer.byteLength(text.slice(0, found.index));
  return [`must only contain printable UTF-8 characters; non-printable character found at index ${index}`];
}

/** What versions may say each for itself; what all say alike is spoken of once, as if the definition said it. */
interface Feature {
  readonly version: Version;
  readonly name: 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields';
  readonly at: string;
}

function features({ versions = [] }: Partial<Spec>): Feature[] {
  const names = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const;
  return names.flatMap((name) => {
    const alike = versions.every((version) => same(version[name], versions[0]?.[name]));
    const shared = path('spec', name === 'schema' ? 'validation' : name);
    return versions
      .map((version, i) => ({ version, name, at: alike ? shared : path('spec.versions', i, name) }))
      .slice(0, alike ? 1 : undefined);
  });
}

function featureErrors({ version, name, at }: Feature, old: Spec | undefined): FieldError[] {
  if (version[name] === undefined) return [];
  const before = old?.versions?.find((v) => v.name === version.name);
  if (before && name !== 'selectableFields' && same(version[name], before[name])) return [];
  const schema = version.schema?.openAPIV3Schema as JsonSchema | undefined;
  const status = version.subresources?.status;
  const checks: Record<Feature['name'], () => FieldError[]> = {
    schema: () => (schema ? validateSchema(schema, path(at, 'openAPIV3Schema'), status !== undefined) : []),
    subresources: () => validateSubresources(version.subresources, at),
    additionalPrinterColumns: () => validateColumns(version.additionalPrinterColumns, at),
    selectableFields: () => validateSelectable(version.selectableFields, schema, at),
  };
  return checks[name]();
}

/** The versions in which objects may be stored are known, the current one among them. */
function validateStored({ versions = [] }: Partial<Spec>, stored: readonly string[]): FieldError[] {
  const field = 'status.storedVersions';
  if (stored.length === 0) return [invalid(field, stored, 'must have at least one stored version')];
  const names = versions.map((version) => version.name);
  const unknown = stored.flatMap((name, i) =>
    names.includes(name) ? [] : [invalid(path(field, i), name, 'must appear in spec.versions')],
  );
  const missing = versions
    .filter((version) => version.storage && !stored.includes(version.name))
    .map((version) => invalid(field, stored, `must have the storage version ${version.name}`));
  return [...unknown, ...missing];
}

/** What a definition is called never changes; once it is served, nor do its scope and kind. */
export function validateDefinitionUpdate(now: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const [spec, before] = [now.spec, old.spec];
  const served = old.status?.conditions?.some((c) => c.type === 'Established' && c.status === 'True');
  return [
    ...(served ? immutable('spec.scope', spec.scope, before.scope) : []),
    ...(served ? immutable('spec.names.kind', spec.names.kind, before.names.kind) : []),
    ...immutable('spec.group', spec.group, before.group),
    ...immutable('spec.names.plural', spec.names.plural, before.names.plural),
  ];
}

/** The rules of a status: stored versions, and the names that were accepted. */
export function validateDefinitionStatus({ spec, status }: CustomResourceDefinition): FieldError[] {
  const names = status?.acceptedNames;
  return [
    ...validateStored(spec, status?.storedVersions ?? []),
    ...(names?.kind && names.listKind && names.singular ? validateNames(names, 'status.acceptedNames') : []),
    ...(status?.conditions ?? []).flatMap((condition, i) =>
      checked(`status.conditions[${i}].status`, condition.status ?? '', (value) =>
        ['True', 'False', 'Unknown'].includes(value) ? [] : ['must be one of True, False, Unknown'],
      ),
    ),
  ];
}
