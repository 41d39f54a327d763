import { namespace as namespaceKind, type Namespace } from '../api/core-v1/namespace.ts';
import { serviceAccount, type ServiceAccount } from '../api/core-v1/service-account.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { controller } from '../client/controller.ts';
import { isNamespaceEnding } from '../client/namespace-ending.ts';

const NAME = 'default';

/** Gives every Namespace the ServiceAccount `default`. */
export const serviceAccountController = controller<Namespace>({
  name: 'serviceaccount-controller',
  for: namespaceKind,
  watches: [{ kind: serviceAccount, keys: defaultAccountKeys }],
  async reconcile(key, { reader, client }) {
    const namespace = reader.get(namespaceKind, key);
    if (!namespace || namespace.metadata.deletionTimestamp) return;
    if (reader.get(serviceAccount, { namespace: key, name: NAME })) return;
    try {
      await client.create(serviceAccount, { metadata: { namespace: key, name: NAME } });
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists') && !isNamespaceEnding(error)) throw error;
    }
  },
});

function defaultAccountKeys({ metadata }: ServiceAccount): string[] {
  return metadata.name === NAME && metadata.namespace ? [metadata.namespace] : [];
}
