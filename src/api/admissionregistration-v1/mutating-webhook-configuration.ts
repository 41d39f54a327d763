import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, nameColumn, numberColumn } from '../meta-v1/columns.ts';
import { defaultWebhook, validateWebhooks } from './webhook-rules.ts';

export type MutatingWebhookConfiguration = Resource<V1MutatingWebhookConfiguration>;

export const mutatingWebhookConfiguration = defineKind<MutatingWebhookConfiguration>({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  versionedUpdate: true,
  namespaced: false,
  hasGeneration: true,
  columns: [nameColumn, numberColumn('Webhooks', (c) => c.webhooks?.length ?? 0), ageColumn],
  setDefaults(c) {
    for (const webhook of c.webhooks ?? []) {
      defaultWebhook(webhook);
      webhook.reinvocationPolicy ??= 'Never';
    }
  },
  validate: (c) => validateWebhooks(c.webhooks),
});
