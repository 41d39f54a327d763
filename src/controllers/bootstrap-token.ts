import type { Secret } from '../api/core-v1/secret.ts';
import { parseTime } from '../apimachinery/time.ts';

/** Where bootstrap tokens are, by which machines that know no certificate yet join a cluster. */
export const TOKEN_NAMESPACE = 'kube-system';
/** Selects the secrets that hold them. */
export const tokenSelector = 'type=bootstrap.kubernetes.io/token';
const PREFIX = 'bootstrap-token-';

/** What a secret of a bootstrap token says. */
export interface BootstrapToken {
  readonly id: string;
  readonly secret: string;
  /** Whether it may sign the information about the cluster. */
  readonly signs: boolean;
}

/** The token, or undefined when the secret does not hold a whole one under the name that belongs to it. */
export function tokenOf(secret: Secret): BootstrapToken | undefined {
  const data = (name: string) => Buffer.from(secret.data?.[name] ?? '', 'base64').toString('utf8');
  const [id, value] = [data('token-id'), data('token-secret')];
  if (!id || !value || secret.metadata.name !== PREFIX + id) return undefined;
  return { id, secret: value, signs: data('usage-bootstrap-signing') === 'true' };
}

/** When the token ends, in milliseconds: undefined for never, and 0 when nobody can read when. */
export function expirationOf(secret: Secret): number | undefined {
  const text = Buffer.from(secret.data?.expiration ?? '', 'base64').toString('utf8');
  return text ? (parseTime(text) ?? 0) : undefined;
}
