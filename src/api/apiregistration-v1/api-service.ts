import type { V1APIService } from '@kubernetes/client-node';
import { forbidden, invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, bareStatusSubresource } from '../../apimachinery/kind.ts';
import { pathSegmentName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { inRange, requiredText } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type APIService = Resource<V1APIService>;

function validate(service: APIService): FieldError[] {
  const { spec } = service;
  const errors: FieldError[] = [];
  const name = `${spec?.version ?? ''}.${spec?.group ?? ''}`;
  if (service.metadata.name !== name) {
    errors.push(invalid('metadata.name', service.metadata.name, 'must be `spec.version+"."+spec.group`'));
  }
  errors.push(
    ...requiredText('spec.version', spec?.version),
    ...inRange('spec.groupPriorityMinimum', spec?.groupPriorityMinimum ?? 0, 1, 20_000),
    ...inRange('spec.versionPriority', spec?.versionPriority ?? 0, 1, 1000),
  );
  if (spec?.service) {
    errors.push(
      ...requiredText('spec.service.namespace', spec.service.namespace),
      ...requiredText('spec.service.name', spec.service.name),
    );
    if (spec.insecureSkipTLSVerify && spec.caBundle) {
      errors.push(forbidden('spec.insecureSkipTLSVerify', 'may not be true if caBundle is present'));
    }
  }
  return errors;
}

function availableText({ status }: APIService): string {
  const condition = status?.conditions?.find((c) => c.type === 'Available');
  if (!condition) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason ?? ''})`;
}

export const apiService = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  versionedUpdate: true,
  namespaced: false,
  categories: ['api-extensions'],
  definition: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  columns: [
    nameColumn,
    column('Service', ({ spec }) => (spec?.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local')),
    column('Available', availableText),
    ageColumn,
  ],
  subresources: [bareStatusSubresource],
  validateName: pathSegmentName,
  setDefaults({ spec }) {
    if (spec?.service) spec.service.port ??= 443;
  },
  validate,
});
