import type { V1beta1LeaseCandidate } from '@kubernetes/client-node';
import { invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { validateStrategy } from '../coordination-v1/strategy.ts';
import { immutable } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type LeaseCandidate = Resource<V1beta1LeaseCandidate>;

const SEMANTIC = /^v?(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})(?:[-+][0-9A-Za-z.+-]{1,200})?$/;

function parse(version: string): number[] | undefined {
  const [, ...parts] = SEMANTIC.exec(version) ?? [];
  return parts.length > 0 ? parts.map(Number) : undefined;
}

function validate({ spec }: LeaseCandidate): FieldError[] {
  return validateSpec(spec ?? {});
}

function validateSpec(spec: Partial<LeaseCandidate['spec']>): FieldError[] {
  const { leaseName, strategy, binaryVersion = '', emulationVersion = '' } = spec;
  return [
    ...(leaseName ? [] : [required('spec.leaseName')]),
    ...(binaryVersion ? versionErrors('spec.binaryVersion', binaryVersion) : [required('spec.binaryVersion')]),
    ...(emulationVersion ? versionErrors('spec.emulationVersion', emulationVersion) : []),
    ...validateOrder(binaryVersion, emulationVersion),
    ...(strategy ? validateStrategy('spec.strategy', strategy) : [required('spec.strategy')]),
    ...(strategy === 'OldestEmulationVersion' && !emulationVersion
      ? [required('spec.emulationVersion', "must be specified when `strategy` is 'OldestEmulationVersion'")]
      : []),
  ];
}

function versionErrors(field: string, version: string): FieldError[] {
  return parse(version) ? [] : [invalid(field, version, 'must be a valid semantic version')];
}

/** Nobody emulates what is newer than himself. */
function validateOrder(binary: string, emulation: string): FieldError[] {
  const [a, b] = [parse(binary), parse(emulation)];
  if (!a || !b) return [];
  const first = a.findIndex((part, i) => part !== b[i]);
  if (first < 0 || a[first]! > b[first]!) return [];
  return [invalid('spec.binaryVersion', binary, 'must be greater than or equal to `emulationVersion`')];
}

export const leaseCandidate = defineKind<LeaseCandidate>({
  group: 'coordination.k8s.io',
  version: 'v1beta1',
  kind: 'LeaseCandidate',
  plural: 'leasecandidates',
  namespaced: true,
  createOnUpdate: true,
  deprecation: 'coordination.k8s.io/v1beta1 LeaseCandidate is deprecated in v1.36+, unavailable in v1.39+',
  columns: [
    nameColumn,
    column('LeaseName', (c) => c.spec?.leaseName ?? ''),
    column('BinaryVersion', (c) => c.spec?.binaryVersion ?? ''),
    column('EmulationVersion', (c) => c.spec?.emulationVersion ?? ''),
    ageColumn,
  ],
  validate,
  validateUpdate: (now, old) => immutable('spec.leaseName', now.spec?.leaseName, old.spec?.leaseName),
});
