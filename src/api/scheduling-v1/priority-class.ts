import type { V1PriorityClass } from '@kubernetes/client-node';
import { forbidden, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { immutable, requiredOneOf } from '../meta-v1/checks.ts';
import { ageColumn, booleanColumn, column, nameColumn, numberColumn } from '../meta-v1/columns.ts';

export type PriorityClass = Resource<V1PriorityClass>;

/** Above this stand the classes of the system itself. */
const HIGHEST_OF_USERS = 1_000_000_000;
const POLICIES = ['PreemptLowerPriority', 'Never'];
const SYSTEM = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);

function validate(priorityClass: PriorityClass): FieldError[] {
  const { name } = priorityClass.metadata;
  const errors: FieldError[] = [];
  const unknown = name.startsWith('system-') ? systemError(priorityClass) : undefined;
  if (unknown) {
    const detail = "priority class names with 'system-' prefix are reserved for system use only. error: ";
    errors.push(forbidden('metadata.name', detail + unknown));
  } else if (!name.startsWith('system-') && (priorityClass.value ?? 0) > HIGHEST_OF_USERS) {
    errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_OF_USERS}`));
  }
  return [...errors, ...requiredOneOf('preemptionPolicy', priorityClass.preemptionPolicy, POLICIES)];
}

/** Only the system's own classes begin with `system-`, and those are as the system made them. */
function systemError({ metadata: { name }, value, globalDefault }: PriorityClass): string | undefined {
  const known = SYSTEM.get(name);
  if (known === undefined) return `${name} is not a known system priority class`;
  if (known !== value) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

function validateUpdate(now: PriorityClass, old: PriorityClass): FieldError[] {
  return [
    ...(now.value === old.value ? [] : [forbidden('value', 'may not be changed in an update.')]),
    ...immutable('preemptionPolicy', now.preemptionPolicy, old.preemptionPolicy),
  ];
}

export const priorityClass = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  namespaced: false,
  shortNames: ['pc'],
  createOnUpdate: true,
  columns: [
    nameColumn,
    numberColumn('Value', (c) => c.value ?? 0),
    booleanColumn('Global-Default', (c) => c.globalDefault ?? false),
    ageColumn,
    column('PreemptionPolicy', (c) => c.preemptionPolicy ?? ''),
  ],
  setDefaults(c) {
    c.preemptionPolicy ??= 'PreemptLowerPriority';
    c.value ??= 0;
  },
  prepareForCreate(c) {
    c.metadata.generation = 1; // nothing that can change counts
  },
  validate,
  validateUpdate,
});
