import type { V1Namespace } from '@kubernetes/client-node';
import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource, type Subresource } from '../../apimachinery/kind.ts';
import { dns1123Label, qualifiedName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { checked } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type Namespace = Resource<V1Namespace>;

/** The label by which selectors find a namespace by its name. */
const NAME_LABEL = 'kubernetes.io/metadata.name';

/** Who must have emptied a namespace before it goes. */
const NAMESPACE_FINALIZER = 'kubernetes';

/** A finalizer is `kubernetes`, or a name with a domain. */
function validateFinalizer(field: string, name: string): FieldError[] {
  const errors = checked(field, name, qualifiedName);
  if (errors.length > 0 || name.includes('/') || name === NAMESPACE_FINALIZER) return errors;
  return [invalid(field, name, 'name is neither a standard finalizer name nor is it fully qualified')];
}

/** Removes (or adds) names of those who still have to clean up. */
const finalizeSubresource: Subresource<Namespace> = {
  name: 'finalize',
  verbs: ['update'],
  set: (parent, sent: Namespace) => ({ ...parent, spec: { ...parent.spec, finalizers: sent.spec?.finalizers ?? [] } }),
  validate: (updated) =>
    (updated.spec?.finalizers ?? []).flatMap((name, i) => validateFinalizer(`spec.finalizers[${i}]`, name)),
};

/** The phase follows from whether the namespace is being deleted. */
function validateStatus(namespace: Namespace): FieldError[] {
  const phase = namespace.status?.phase ?? '';
  const ending = namespace.metadata.deletionTimestamp !== undefined;
  if (phase === (ending ? 'Terminating' : 'Active')) return [];
  const detail = ending
    ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
    : "may only be 'Active' if `deletionTimestamp` is empty";
  return [invalid('status.Phase', phase, detail)];
}

export const namespace = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
  shortNames: ['ns'],
  columns: [nameColumn, column('Status', (ns) => ns.status?.phase ?? ''), ageColumn],
  selectableFields: { 'status.phase': (ns) => ns.status?.phase ?? '', name: (ns) => ns.metadata.name },
  subresources: [finalizeSubresource, { ...statusSubresource, validate: validateStatus }],
  validateName: dns1123Label,
  validate: (ns) => (ns.spec?.finalizers ?? []).flatMap((name) => validateFinalizer('spec.finalizers', name)),
  setDefaults(ns) {
    ns.spec ??= {};
    if (ns.metadata.name) ns.metadata.labels = { ...ns.metadata.labels, [NAME_LABEL]: ns.metadata.name };
  },
  prepareForCreate(ns) {
    const finalizers = ns.spec?.finalizers ?? [];
    if (!finalizers.includes(NAMESPACE_FINALIZER)) finalizers.push(NAMESPACE_FINALIZER);
    ns.spec = { ...ns.spec, finalizers };
    ns.status = { phase: 'Active' };
  },
  prepareForUpdate(ns, old, { subresource }) {
    const mayChange = subresource !== '' && ns.spec?.finalizers !== undefined;
    if (!mayChange && old.spec?.finalizers) ns.spec = { ...ns.spec, finalizers: old.spec.finalizers };
  },
});
