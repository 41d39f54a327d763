import { unauthorized } from '../../apimachinery/api-error.ts';
import type { UserInfo } from '../user.ts';
import type { AuthenticationRequest, Authenticator } from './authenticator.ts';

/** Knows one sort of bearer tokens. */
export interface TokenAuthenticator {
  /**
   * Whose token it is; undefined when it is none of this sort. `audiences`: the token must be meant for one of them
   * (default: the API server).
   * @throws ApiError Unauthorized when it is of this sort and wrong
   */
  authenticateToken(token: string, audiences?: readonly string[]): Promise<TokenIdentity | undefined>;
}

export interface TokenIdentity {
  readonly user: UserInfo;
  /** Those of the asked audiences that the token is meant for. Absent: the token knows no audiences. */
  readonly audiences?: readonly string[];
}

/** Longer ones are refused unread. */
const longestToken = 64 * 1024;

/** Where browsers, which cannot set headers on a WebSocket, put the token (base64url behind the prefix). */
const webSocketPrefix = 'base64url.bearer.authorization.k8s.io.';

/** Asks each token authenticator for the request's bearer token. A token that none of them knows is refused. */
export function bearerTokenAuthenticator(sorts: readonly TokenAuthenticator[]): Authenticator {
  return {
    async authenticate(request) {
      const token = bearerToken(request);
      if (token === undefined) return undefined;
      const identity = await identify(sorts, token);
      if (!identity) throw unauthorized();
      return identity.user;
    },
    reviewToken: (token, audiences) => identify(sorts, token, audiences),
  };
}

async function identify(
  sorts: readonly TokenAuthenticator[],
  token: string,
  audiences?: readonly string[],
): Promise<TokenIdentity | undefined> {
  if (token.length > longestToken) throw unauthorized();
  for (const sort of sorts) {
    const identity = await sort.authenticateToken(token, audiences);
    if (identity) return identity;
  }
  return undefined;
}

function bearerToken(request: AuthenticationRequest): string | undefined {
  const authorization = request.headers['authorization'];
  if (typeof authorization === 'string' && /^bearer /i.test(authorization)) {
    return authorization.slice('bearer '.length).trim() || undefined;
  }
  return webSocketToken(request.headers['sec-websocket-protocol']);
}

function webSocketToken(header: string | readonly string[] | undefined): string | undefined {
  const protocols = String(header ?? '').split(',');
  const carrier = protocols.map((p) => p.trim()).find((p) => p.startsWith(webSocketPrefix));
  if (!carrier) return undefined;
  return Buffer.from(carrier.slice(webSocketPrefix.length), 'base64url').toString('utf8') || undefined;
}
