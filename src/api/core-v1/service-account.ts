import type { V1ServiceAccount } from '@kubernetes/client-node';
import { keyPath } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type ServiceAccount = Resource<V1ServiceAccount>;

const ENFORCE = 'kubernetes.io/enforce-mountable-secrets';

function warnings(account: ServiceAccount, old?: ServiceAccount): string[] {
  const [now, before] = [account, old].map((a) => a?.metadata.annotations?.[ENFORCE]);
  if (now === undefined || now === before) return [];
  const text = 'deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets';
  return [`${keyPath('metadata.annotations', ENFORCE)}: ${text}`];
}

/** Of a secret only its name counts. */
function nameOnly(account: ServiceAccount): void {
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => ({ ...(name !== undefined && { name }) }));
}

export const serviceAccount = defineKind<ServiceAccount>({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  returnsDeleted: true,
  namespaced: true,
  shortNames: ['sa'],
  columns: [nameColumn, column('Secrets', (sa) => sa.secrets?.length ?? 0), ageColumn],
  warnings,
  prepareForCreate: nameOnly,
  prepareForUpdate: nameOnly,
  subresources: [
    {
      name: 'token',
      verbs: ['create'],
      kind: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
      definition: 'io.k8s.api.authentication.v1.TokenRequest',
      connect: true,
    },
  ],
});
