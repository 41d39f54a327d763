import { namespace, type Namespace } from '../../../api/core-v1/namespace.ts';
import type { RegistryExtension } from './extension.ts';

/** A namespace stays, marked as terminating, until everybody in `spec.finalizers` has emptied it. */
export const namespaceDeletion: RegistryExtension<Namespace> = {
  kind: namespace,
  markDeleted(object) {
    object.status = { ...object.status, phase: 'Terminating' };
    delete object.metadata.deletionGracePeriodSeconds; // namespaces have no such thing
  },
  holds: (object) => (object.spec?.finalizers?.length ?? 0) > 0,
};
