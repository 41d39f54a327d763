import type { V1APIService } from '@kubernetes/client-node';
import { invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, bareStatusSubresource } from '../../apimachinery/kind.ts';
import { dns1035Label, dns1123Subdomain, pathSegmentName, portNumber } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { checked, requiredText } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type APIService = Resource<V1APIService>;
type Spec = NonNullable<APIService['spec']>;

function validate({ metadata, spec }: APIService): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 } = fieldsOf(spec);
  const name = `${version}.${group}`;
  const errors =
    metadata.name === name
      ? []
      : [invalid('metadata.name', metadata.name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`)];
  if (group) errors.push(...checked('spec.group', group, dns1123Subdomain));
  else if (version !== 'v1') {
    errors.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  }
  errors.push(
    ...checked('spec.version', version, dns1035Label),
    ...priority('spec.groupPriorityMinimum', groupPriorityMinimum, 20_000),
    ...priority('spec.versionPriority', versionPriority, 1000),
  );
  return [...errors, ...(spec?.service ? validateService(spec) : validateLocal(fieldsOf(spec)))];
}

function fieldsOf(spec: Spec | undefined): Partial<Spec> {
  return spec ?? {};
}

function priority(field: string, value: number, most: number): FieldError[] {
  return value > 0 && value <= most ? [] : [invalid(field, value, `must be positive and less than ${most}`)];
}

/** What this server itself serves needs no certificates. */
function validateLocal({ caBundle, insecureSkipTLSVerify: insecure }: Partial<Spec>): FieldError[] {
  return [
    ...(caBundle ? [invalid('spec.caBundle', caBundle, 'local APIServices may not have a caBundle')] : []),
    ...(insecure
      ? [invalid('spec.insecureSkipTLSVerify', insecure, 'local APIServices may not have insecureSkipTLSVerify')]
      : []),
  ];
}

function validateService({ service, caBundle, insecureSkipTLSVerify: insecure }: Spec): FieldError[] {
  const { namespace, name, port } = service!;
  return [
    ...requiredText('spec.service.namespace', namespace),
    ...requiredText('spec.service.name', name),
    ...(port === undefined ? [] : portNumber(port)).map((detail) =>
      invalid('spec.service.port', port, `port is not valid: ${detail}`),
    ),
    ...(insecure && caBundle
      ? [invalid('spec.insecureSkipTLSVerify', insecure, 'may not be true if caBundle is present')]
      : []),
  ];
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
  prepareForCreate(service, { now }) {
    service.status = service.spec?.service ? {} : { conditions: [localCondition(now)] };
  },
});

/** What the server itself serves is there as long as it is. */
function localCondition(now: number) {
  const message = 'Local APIServices are always available';
  return { type: 'Available', status: 'True', lastTransitionTime: formatTime(now) as any, reason: 'Local', message };
}
