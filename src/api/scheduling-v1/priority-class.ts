import type { V1PriorityClass } from '@kubernetes/client-node';
import { forbidden, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { oneOf } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn, numberColumn } from '../meta-v1/columns.ts';

export type PriorityClass = Resource<V1PriorityClass>;

/** Above this stand the classes of the system itself. */
const HIGHEST_OF_USERS = 1_000_000_000;
const SYSTEM = new Map([
  ['system-cluster-critical', 2_000_000_000],
  ['system-node-critical', 2_000_001_000],
]);

function validate(priorityClass: PriorityClass): FieldError[] {
  const { name } = priorityClass.metadata;
  const errors: FieldError[] = [];
  if (name.startsWith('system-')) {
    if (SYSTEM.get(name) !== priorityClass.value) {
      const detail = "priority class names with 'system-' prefix are reserved for system use only";
      errors.push(forbidden('metadata.name', detail));
    }
  } else if ((priorityClass.value ?? 0) > HIGHEST_OF_USERS) {
    errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_OF_USERS}`));
  }
  const policies = ['Never', 'PreemptLowerPriority'];
  return [...errors, ...oneOf('preemptionPolicy', priorityClass.preemptionPolicy, policies)];
}

function validateUpdate(now: PriorityClass, old: PriorityClass): FieldError[] {
  return (['value', 'preemptionPolicy'] as const)
    .filter((field) => now[field] !== old[field])
    .map((field) => forbidden(field, 'may not be changed in an update.'));
}

export const priorityClass = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  namespaced: false,
  shortNames: ['pc'],
  createOnUpdate: true,
  hasGeneration: true,
  columns: [
    nameColumn,
    numberColumn('Value', (c) => c.value ?? 0),
    { ...column<PriorityClass>('Global-Default', (c) => c.globalDefault ?? false), type: 'boolean' },
    ageColumn,
    column('PreemptionPolicy', (c) => c.preemptionPolicy ?? ''),
  ],
  setDefaults(c) {
    c.preemptionPolicy ??= 'PreemptLowerPriority';
    c.value ??= 0;
  },
  validate,
  validateUpdate,
});
