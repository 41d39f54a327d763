import type { V1PriorityLevelConfiguration } from '@kubernetes/client-node';
import { forbidden, invalid, notSupported, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, bareStatusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { inRange, same } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { validateConditionTypes } from './flow-schema.ts';
import { standardLevels } from './standard.ts';

export type PriorityLevelConfiguration = Resource<V1PriorityLevelConfiguration>;
type Spec = NonNullable<PriorityLevelConfiguration['spec']>;
type Exempt = NonNullable<Spec['exempt']>;
type Limited = NonNullable<Spec['limited']>;

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

const MOST_QUEUES = 10_000_000;
/** Hands are dealt out of one number of at most so many bits. */
const MOST_BITS = 60;

function validate({ metadata: { name }, spec }: PriorityLevelConfiguration): FieldError[] {
  const type = spec?.type ?? '';
  const errors: FieldError[] = [];
  if ((name === 'exempt') !== (type === 'Exempt')) {
    errors.push(invalid('spec.type', type, "type must be 'Exempt' if and only if `name` is 'exempt'"));
  }
  if (name === 'catch-all' && !same(spec, standardLevels[name])) {
    errors.push(invalid('spec', spec, `spec of '${name}' must equal the fixed value`));
  }
  if (type === 'Exempt') {
    if (spec?.limited) errors.push(forbidden('spec.limited', 'must be nil if the type is not Limited'));
    return [...errors, ...validateShares(spec?.exempt ?? {}, 'spec.exempt')];
  }
  if (type !== 'Limited') return [...errors, notSupported('spec.type', type, ['Exempt', 'Limited'])];
  if (spec?.exempt) errors.push(forbidden('spec.exempt', 'must be nil if the type is Limited'));
  if (spec?.limited) return [...errors, ...validateLimited(spec.limited, 'spec.limited')];
  return [...errors, required('spec.limited', 'must not be empty when type is Limited')];
}

function validateShares(shares: Exempt, at: string): FieldError[] {
  const { nominalConcurrencyShares: nominal = 0, lendablePercent: lendable = 0 } = shares;
  return [
    ...(nominal < 0 ? [invalid(path(at, 'nominalConcurrencyShares'), nominal, 'must be a non-negative integer')] : []),
    ...inRange(path(at, 'lendablePercent'), lendable, 0, 100),
  ];
}

function validateLimited(limits: Limited, at: string): FieldError[] {
  const { borrowingLimitPercent: borrowing = 0, limitResponse } = limits;
  return [
    ...validateShares(limits, at),
    ...(borrowing < 0
      ? [invalid(path(at, 'borrowingLimitPercent'), borrowing, 'if specified, must be a non-negative integer')]
      : []),
    ...validateResponse(limitResponse ?? { type: '' }, path(at, 'limitResponse')),
  ];
}

function validateResponse({ type, queuing }: NonNullable<Limited['limitResponse']>, at: string): FieldError[] {
  const field = path(at, 'queuing');
  if (type === 'Reject') {
    return queuing ? [forbidden(field, 'must be nil if limited.limitResponse.type is not Limited')] : [];
  }
  if (type !== 'Queue') return [notSupported(path(at, 'type'), type, ['Queue', 'Reject'])];
  if (!queuing) return [required(field, 'must not be empty if limited.limitResponse.type is Limited')];
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing;
  const errors = Object.entries({ queueLengthLimit, queues })
    .filter(([, value]) => value <= 0)
    .map(([name, value]) => invalid(path(field, name), value, 'must be positive'));
  if (queues > MOST_QUEUES) {
    errors.push(invalid(path(field, 'queues'), queues, `must not be greater than ${MOST_QUEUES}`));
  }
  return [...errors, ...validateHand(handSize, queues, path(field, 'handSize'))];
}

function validateHand(hand: number, queues: number, field: string): FieldError[] {
  if (hand <= 0) return [invalid(field, hand, 'must be positive')];
  if (hand > queues) return [invalid(field, hand, `should not be greater than queues (${queues})`)];
  const bits = hand * Math.ceil(Math.log2(queues));
  if (bits <= MOST_BITS) return [];
  const detail = `required entropy bits of deckSize ${queues} and handSize ${hand} should not be greater than ${MOST_BITS}`;
  return [invalid(field, hand, detail)];
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
  subresources: [{ ...bareStatusSubresource, validate: ({ status }) => validateConditionTypes(status?.conditions) }],
  setDefaults,
  validate,
  prepareForCreate(l) {
    l.status = {};
  },
});
