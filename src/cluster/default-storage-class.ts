import { localPathParameter, localPathProvisioner } from '../api/storage-v1/local-path.ts';
import { storageClass } from '../api/storage-v1/storage-class.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import type { Client } from '../client/client.ts';

const isDefault = 'storageclass.kubernetes.io/is-default-class';

/**
 * Gives the cluster a storage class for claims that name none: folders of the nodes below `path`. A cluster that has a
 * default class, or one of this name, keeps what it has.
 */
export async function ensureDefaultStorageClass(client: Client, path: string): Promise<void> {
  const { items } = await client.list(storageClass);
  if (items.some(({ metadata }) => metadata.annotations?.[isDefault] === 'true')) return;
  await client
    .create(storageClass, {
      metadata: { name: 'standard', annotations: { [isDefault]: 'true' } },
      provisioner: localPathProvisioner,
      parameters: { [localPathParameter]: path },
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'WaitForFirstConsumer',
    })
    .catch((error) => {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    });
}
