import { noSuchPath } from '../apimachinery/api-error.ts';
import type { Exchange, Handler } from './exchange/exchange.ts';
import { headersFor } from './handlers/respond.ts';

/** What others need to verify the tokens of service accounts, as OpenID Connect has it. */
export interface TokenIssuer {
  /** The public keys. */
  jwks(): Promise<object>;
  /** What is said about the issuer; `jwksUri` is where the keys are. */
  discoveryDocument(jwksUri: string): object;
}

const KEYS_PATH = '/openid/v1/jwks';
const DOCUMENT_PATH = '/.well-known/openid-configuration';
/** Keys change rarely, and are published well before tokens are signed by them. */
const CACHING = 'public, max-age=3600';

/** Serves the keys at `/openid/v1/jwks`. */
export function handleKeys(issuer: TokenIssuer | undefined): Handler {
  return async (exchange) => {
    if (!issuer || !isAt(exchange, KEYS_PATH)) throw noSuchPath();
    send(exchange, 'application/jwk-set+json', await issuer.jwks());
  };
}

/** Serves `/.well-known/openid-configuration`. `address` is where clients find the server. */
export function handleWellKnown(issuer: TokenIssuer | undefined, address: () => string): Handler {
  return (exchange) => {
    if (!issuer || !isAt(exchange, DOCUMENT_PATH)) throw noSuchPath();
    send(exchange, 'application/json', issuer.discoveryDocument(`https://${address()}${KEYS_PATH}`));
  };
}

/** With or without a slash at the end: generated clients read the path with one from the OpenAPI document. */
function isAt(exchange: Exchange, path: string): boolean {
  return exchange.path === path || exchange.path === `${path}/`;
}

function send(exchange: Exchange, contentType: string, content: object): void {
  const headers = { ...headersFor(exchange, contentType), 'cache-control': CACHING };
  exchange.response.send(200, headers, Buffer.from(JSON.stringify(content)));
}
