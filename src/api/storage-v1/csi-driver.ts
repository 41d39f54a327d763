import type { V1CSIDriver } from '@kubernetes/client-node';
import { duplicate, invalid, path, tooLong, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { immutable, oneOf, repeats } from '../meta-v1/checks.ts';
import { ageColumn, booleanColumn, column, nameColumn, listOrNone } from '../meta-v1/columns.ts';

export type CSIDriver = Resource<V1CSIDriver>;
type TokenRequest = NonNullable<CSIDriver['spec']['tokenRequests']>[number];

const LONGEST_NAME = 63;

function tokensText(driver: CSIDriver): string {
  const audiences = (driver.spec?.tokenRequests ?? []).map((request) => request.audience);
  return audiences.length > 0 ? audiences.join(',') : '<unset>';
}

const SHORTEST_TOKEN = 600;
const SHORTEST_PERIOD = 10;

function validate({ metadata, spec }: CSIDriver): FieldError[] {
  const period = spec.nodeAllocatableUpdatePeriodSeconds;
  return [
    ...(metadata.name.length > LONGEST_NAME ? [tooLong('metadata.name', LONGEST_NAME)] : []),
    ...oneOf('spec.fsGroupPolicy', spec.fsGroupPolicy, ['File', 'None', 'ReadWriteOnceWithFSType']),
    ...validateTokens(spec.tokenRequests ?? [], 'spec.tokenRequests'),
    ...(spec.volumeLifecycleModes ?? []).flatMap((mode) =>
      oneOf('spec.volumeLifecycleModes', mode, ['Persistent', 'Ephemeral']),
    ),
    ...(period !== undefined && period < SHORTEST_PERIOD
      ? [invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds')]
      : []),
    ...(spec.serviceAccountTokenInSecrets !== undefined && !spec.tokenRequests?.length
      ? [
          invalid(
            'spec.serviceAccountTokenInSecrets',
            spec.serviceAccountTokenInSecrets,
            'must not be set when no tokenRequests are configured',
          ),
        ]
      : []),
  ];
}

function validateTokens(requests: readonly TokenRequest[], field: string): FieldError[] {
  const again = repeats(requests.map(({ audience }) => audience));
  return requests.flatMap(({ audience, expirationSeconds: seconds }, i) => {
    const errors = again(i) ? [duplicate(path(field, i, 'audience'), audience)] : [];
    const at = path(field, i, 'expirationSeconds');
    if (seconds !== undefined && seconds < SHORTEST_TOKEN) {
      errors.push(invalid(at, seconds, 'may not specify a duration less than 10 minutes'));
    }
    if (seconds !== undefined && seconds > 2 ** 32) {
      errors.push(invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds'));
    }
    return errors;
  });
}

export const csiDriver = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  returnsDeleted: true,
  versionedUpdate: true,
  namespaced: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    booleanColumn('AttachRequired', (d) => d.spec?.attachRequired ?? true),
    booleanColumn('PodInfoOnMount', (d) => d.spec?.podInfoOnMount ?? false),
    booleanColumn('StorageCapacity', (d) => d.spec?.storageCapacity ?? false),
    column('TokenRequests', tokensText),
    booleanColumn('RequiresRepublish', (d) => d.spec?.requiresRepublish ?? false),
    column('Modes', (d) => listOrNone(d.spec?.volumeLifecycleModes)),
    ageColumn,
  ],
  setDefaults(d) {
    const spec = (d.spec ??= {});
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.requiresRepublish ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    spec.seLinuxMount ??= false;
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent'];
  },
  validate,
  validateUpdate: (now, old) =>
    (['attachRequired', 'volumeLifecycleModes'] as const).flatMap((field) =>
      immutable(path('spec', field), now.spec?.[field], old.spec?.[field]),
    ),
});
