import type { V1CSIDriver } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { immutable } from '../meta-v1/checks.ts';
import { ageColumn, column, listOrNone, nameColumn } from '../meta-v1/columns.ts';

export type CSIDriver = Resource<V1CSIDriver>;

function tokensText(driver: CSIDriver): string {
  const audiences = (driver.spec?.tokenRequests ?? []).map((request) => request.audience);
  return audiences.length > 0 ? audiences.join(',') : '<unset>';
}

export const csiDriver = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  returnsDeleted: true,
  versionedUpdate: true,
  namespaced: false,
  hasGeneration: true,
  columns: [
    nameColumn,
    column('AttachRequired', (d) => d.spec?.attachRequired ?? true),
    column('PodInfoOnMount', (d) => d.spec?.podInfoOnMount ?? false),
    column('StorageCapacity', (d) => d.spec?.storageCapacity ?? false),
    column('TokenRequests', tokensText),
    column('RequiresRepublish', (d) => d.spec?.requiresRepublish ?? false),
    column('Modes', (d) => listOrNone(d.spec?.volumeLifecycleModes)),
    ageColumn,
  ],
  setDefaults(d) {
    const spec = (d.spec ??= {});
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.requiresRepublish ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    spec.seLinuxMount ??= false;
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent'];
  },
  validateUpdate: (now, old) => immutable('spec.attachRequired', now.spec?.attachRequired, old.spec?.attachRequired),
});
