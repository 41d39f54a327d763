import type { V1ValidatingWebhookConfiguration } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, nameColumn, numberColumn } from '../meta-v1/columns.ts';
import { defaultWebhook, validateWebhooks } from './webhook-rules.ts';

export type ValidatingWebhookConfiguration = Resource<V1ValidatingWebhookConfiguration>;

export const validatingWebhookConfiguration = defineKind<ValidatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  versionedUpdate: true,
  namespaced: false,
  hasGeneration: true,
  columns: [nameColumn, numberColumn('Webhooks', (c) => c.webhooks?.length ?? 0), ageColumn],
  setDefaults(c) {
    for (const webhook of c.webhooks ?? []) {
      defaultWebhook(webhook);
    }
  },
  validate: (c) => validateWebhooks(c.webhooks),
});
