import { namespace, type Namespace } from '../api/core-v1/namespace.ts';
import { secret as secretKind } from '../api/core-v1/secret.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { controller } from '../client/controller.ts';
import { expirationOf, TOKEN_NAMESPACE, tokenSelector } from './bootstrap-token.ts';

/** Deletes bootstrap tokens whose time is over. Runs only when it is asked for by name. */
export const tokenCleanerController = controller<Namespace>({
  name: 'token-cleaner-controller',
  for: namespace,
  watches: [{ kind: secretKind, fieldSelector: tokenSelector, keys: ({ metadata }) => [metadata.namespace!] }],
  async reconcile(key, { reader, client, clock }) {
    if (key !== TOKEN_NAMESPACE) return undefined;
    let next = Infinity;
    for (const secret of reader.list(secretKind, key)) {
      const at = expirationOf(secret) ?? Infinity;
      if (at > clock.now()) next = Math.min(next, at);
      else
        await ignoreGone(client.delete(secretKind, secret.metadata, { preconditions: { uid: secret.metadata.uid } }));
    }
    return next === Infinity ? undefined : { after: next - clock.now() };
  },
});

async function ignoreGone(deletion: Promise<unknown>): Promise<void> {
  await deletion.catch((error: unknown) => {
    if (!isApiError(error, 'NotFound')) throw error;
  });
}
