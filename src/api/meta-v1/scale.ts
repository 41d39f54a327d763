import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, type Subresource } from '../../apimachinery/kind.ts';
import type { KubeObject, ObjectMeta } from '../../apimachinery/object.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { NOT_NEGATIVE } from './checks.ts';
import { ageColumn, nameColumn, numberColumn } from './columns.ts';

/** What a kind with replicas has in common with the others, as far as scaling goes. */
interface Scalable extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas?: number };
}

/** What every `scale` subresource shows. It has no objects of its own. */
const scale = defineKind<KubeObject & { spec: { replicas?: number }; status: { replicas: number } }>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  plural: 'scales',
  namespaced: true,
  verbs: [],
  columns: [
    nameColumn,
    numberColumn('Desired', (s) => s.spec.replicas ?? 0),
    numberColumn('Available', (s) => s.status.replicas),
    ageColumn,
  ],
});

/**
 * The `scale` subresource: an `autoscaling/v1 Scale` whose `spec.replicas` is the parent's.
 * @param missingAs see `Subresource`; upstream's kinds differ in it
 */
export function scaleSubresource<T extends Scalable>(
  selector: (object: T) => string,
  missingAs?: Subresource['missingAs'],
): Subresource<T> {
  return {
    ...(missingAs && { missingAs }),
    name: 'scale',
    verbs: ['get', 'patch', 'update'],
    kind: { group: scale.group, version: scale.version, kind: scale.kind },
    definition: scale.definition,
    view: scale,
    get: (parent) => scaleOf(parent, selector(parent)),
    set: (parent, sent) => ({ ...parent, spec: { ...parent.spec, replicas: sent.spec?.replicas ?? 0 } }),
    validate: (updated) => replicasErrors(updated),
  };
}

function replicasErrors(object: Scalable): FieldError[] {
  const replicas = object.spec?.replicas ?? 0;
  return replicas < 0 ? [invalid('spec.replicas', replicas, NOT_NEGATIVE)] : [];
}

function scaleOf(parent: Scalable, selector: string): object {
  const { name, namespace, uid, resourceVersion, creationTimestamp }: ObjectMeta = parent.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp: creationTimestamp ?? formatTime(0) },
    spec: parent.spec?.replicas ? { replicas: parent.spec.replicas } : {},
    status: { replicas: parent.status?.replicas ?? 0, ...(selector && { selector }) },
  };
}
