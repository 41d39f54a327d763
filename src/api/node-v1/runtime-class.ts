import type { V1RuntimeClass } from '@kubernetes/client-node';
import { duplicate, path, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { dns1123Label } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import type { Toleration } from '../core-v1/pod-spec.ts';
import { validateResources } from '../core-v1/resources-validation.ts';
import { validateTolerations } from '../core-v1/toleration-validation.ts';
import { checked, immutable, same, validateLabels } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { canonicalize } from '../meta-v1/quantities.ts';

export type RuntimeClass = Resource<V1RuntimeClass>;

/** The first place says the name twice, as upstream has it. */
function validateOwnTolerations(tolerations: readonly Toleration[]): FieldError[] {
  const field = 'scheduling.tolerations';
  return [
    ...validateTolerations(tolerations, path(field, 'tolerations')),
    ...tolerations.flatMap((toleration, i) =>
      tolerations.slice(0, i).some((other) => same(other, toleration)) ? [duplicate(path(field, i), toleration)] : [],
    ),
  ];
}

function validate(runtimeClass: RuntimeClass): FieldError[] {
  return [
    ...checked('handler', runtimeClass.handler ?? '', dns1123Label),
    ...validateResources({ limits: runtimeClass.overhead?.podFixed ?? {} }, 'overhead'),
    ...validateLabels('scheduling.nodeSelector', runtimeClass.scheduling?.nodeSelector),
    ...validateOwnTolerations(runtimeClass.scheduling?.tolerations ?? []),
  ];
}

export const runtimeClass = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  versionedUpdate: true,
  namespaced: false,
  createOnUpdate: true,
  columns: [nameColumn, column('Handler', (c) => c.handler ?? ''), ageColumn],
  setDefaults: (c) => canonicalize(c.overhead?.podFixed),
  validate,
  validateUpdate: (now, old) => immutable('handler', now.handler, old.handler),
});
