import { namespace, type Namespace } from '../api/core-v1/namespace.ts';
import { secret as secretKind } from '../api/core-v1/secret.ts';
import { controller } from '../client/controller.ts';
import { expirationOf, TOKEN_NAMESPACE, tokenSelector } from './bootstrap-token.ts';
import { unlessGone } from './unless-gone.ts';

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
        await unlessGone(client.delete(secretKind, secret.metadata, { preconditions: { uid: secret.metadata.uid } }));
    }
    return next === Infinity ? undefined : { after: next - clock.now() };
  },
});
