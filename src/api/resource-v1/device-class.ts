import type { V1DeviceClass } from '@kubernetes/client-node';
import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { checked } from '../meta-v1/checks.ts';
import { ageColumn, nameColumn } from '../meta-v1/columns.ts';
import { bounded } from './device-names.ts';
import { validateConfig, validateSelectors } from './device-requests.ts';

export type DeviceClass = Resource<V1DeviceClass>;

const MOST_CONFIG = 32;

function validate({ spec }: DeviceClass): FieldError[] {
  return [
    ...validateSelectors(spec?.selectors, 'spec.selectors'),
    ...bounded('spec.config', spec?.config, MOST_CONFIG, validateConfig),
    ...(spec?.extendedResourceName === undefined ? [] : validateResource(spec.extendedResourceName)),
  ];
}

/** Pods can ask for devices as for any resource, by a name with a domain that is not Kubernetes' own. */
function validateResource(name: string): FieldError[] {
  const field = 'spec.extendedResourceName';
  const errors = checked(field, name, qualifiedName);
  const extended = name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');
  return extended ? errors : [...errors, invalid(field, name, 'must be a valid extended resource name')];
}

export const deviceClass = defineKind<DeviceClass>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  namespaced: false,
  hasGeneration: true,
  columns: [nameColumn, ageColumn],
  validate,
});
