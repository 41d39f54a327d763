import type { V1PriorityLevelConfiguration } from '@kubernetes/client-node';
import { forbidden, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, bareStatusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { nonNegative, requiredOneOf } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type PriorityLevelConfiguration = Resource<V1PriorityLevelConfiguration>;

const SHARES = 30;

function setDefaults({ spec }: PriorityLevelConfiguration): void {
  if (spec?.exempt) spec.exempt = { nominalConcurrencyShares: 0, lendablePercent: 0, ...spec.exempt };
  const { limited } = spec ?? {};
  if (!limited) return;
  limited.nominalConcurrencyShares ??= SHARES;
  limited.lendablePercent ??= 0;
  const { limitResponse } = limited;
  if (limitResponse?.type !== 'Queue' || !limitResponse.queuing) return;
  limitResponse.queuing = { queues: 64, handSize: 8, queueLengthLimit: 50, ...limitResponse.queuing };
}

function validate({ spec }: PriorityLevelConfiguration): FieldError[] {
  const errors = requiredOneOf('spec.type', spec?.type, ['Exempt', 'Limited']);
  if (spec?.type === 'Limited' && !spec.limited) {
    errors.push(required('spec.limited', 'must not be empty when type is Limited'));
  }
  if (spec?.type === 'Exempt' && spec.limited) {
    errors.push(forbidden('spec.limited', 'must be nil if the type is not Limited'));
  }
  const shares = spec?.limited?.nominalConcurrencyShares;
  return [...errors, ...nonNegative('spec.limited.nominalConcurrencyShares', shares)];
}

function limited(level: PriorityLevelConfiguration) {
  return level.spec?.limited;
}

function queuing(level: PriorityLevelConfiguration) {
  return limited(level)?.limitResponse?.queuing;
}

export const priorityLevelConfiguration = defineKind<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  namespaced: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    column('Type', (l) => l.spec?.type ?? ''),
    column('NominalConcurrencyShares', (l) => limited(l)?.nominalConcurrencyShares ?? '<none>'),
    column('Queues', (l) => queuing(l)?.queues ?? '<none>'),
    column('HandSize', (l) => queuing(l)?.handSize ?? '<none>'),
    column('QueueLengthLimit', (l) => queuing(l)?.queueLengthLimit ?? '<none>'),
    ageColumn,
  ],
  subresources: [bareStatusSubresource],
  setDefaults,
  validate,
  prepareForCreate(l) {
    l.status = {};
  },
});
