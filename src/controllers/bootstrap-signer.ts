import { createHmac } from 'node:crypto';
import { configMap } from '../api/core-v1/config-map.ts';
import { namespace, type Namespace } from '../api/core-v1/namespace.ts';
import { secret as secretKind, type Secret } from '../api/core-v1/secret.ts';
import { controller } from '../client/controller.ts';
import { expirationOf, TOKEN_NAMESPACE, tokenOf, tokenSelector, type BootstrapToken } from './bootstrap-token.ts';
import { semanticEqual } from './semantic-equal.ts';

const PUBLIC = 'kube-public';
const NAME = 'cluster-info';
const SIGNATURE = 'jws-kubeconfig-';

/**
 * Signs the kubeconfig in the ConfigMap `kube-public/cluster-info` with every bootstrap token that is for that, so that
 * who has a token can tell whether what anybody may read there is true. Runs only when it is asked for by name.
 */
export const bootstrapSignerController = controller<Namespace>({
  name: 'bootstrap-signer-controller',
  for: namespace,
  watches: [
    { kind: configMap, fieldSelector: `metadata.name=${NAME}`, keys: ({ metadata }) => [metadata.namespace!] },
    {
      kind: secretKind,
      fieldSelector: tokenSelector,
      keys: ({ metadata }) => (metadata.namespace === TOKEN_NAMESPACE ? [PUBLIC] : []),
    },
  ],
  async reconcile(key, { reader, client, clock }) {
    const info = key === PUBLIC ? reader.get(configMap, { namespace: key, name: NAME }) : undefined;
    if (!info?.data?.kubeconfig) return;
    const data = signed(info.data, signers(reader.list(secretKind, TOKEN_NAMESPACE), clock.now()));
    if (!semanticEqual(data, info.data)) await client.update(configMap, { ...info, data });
  },
});

function signers(secrets: readonly Secret[], now: number): BootstrapToken[] {
  const valid = secrets.filter((secret) => (expirationOf(secret) ?? Infinity) > now);
  return valid.map(tokenOf).filter((token) => token?.signs) as BootstrapToken[];
}

/** The data with a signature by each of these tokens, and by no other. */
export function signed(
  data: Readonly<Record<string, string>>,
  tokens: readonly BootstrapToken[],
): Record<string, string> {
  const content = Object.entries(data).filter(([key]) => !key.startsWith(SIGNATURE));
  const signatures = tokens.map((token) => [SIGNATURE + token.id, signature(data.kubeconfig!, token)]);
  return Object.fromEntries([...content, ...signatures]);
}

/** A JSON Web Signature without its content (RFC 7515, appendix F). */
function signature(content: string, { id, secret }: BootstrapToken): string {
  const encode = (text: string) => Buffer.from(text).toString('base64url');
  const header = encode(JSON.stringify({ alg: 'HS256', kid: id }));
  const mac = createHmac('sha256', secret)
    .update(`${header}.${encode(content)}`)
    .digest('base64url');
  return `${header}..${mac}`;
}
