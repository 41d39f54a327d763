import type { TLSSocket } from 'node:tls';
import { unauthorized } from '../../apimachinery/api-error.ts';
import { authenticated } from '../user.ts';
import type { Authenticator, ClientCertificate } from './authenticator.ts';

/** Takes the common name of a verified client certificate as the user and its organizations as the groups. */
export const clientCertificateAuthenticator: Authenticator = {
  async authenticate({ clientCertificate }) {
    if (!clientCertificate) return undefined;
    if (!clientCertificate.commonName) throw unauthorized();
    return authenticated(clientCertificate.commonName, clientCertificate.organizations);
  },
};

/** A connection keeps its certificate, so it is taken apart only once. */
const known = new WeakMap<object, ClientCertificate | 'none' | 'refused'>();

/**
 * The client certificate of a connection to a server with `requestCert: true, rejectUnauthorized: false`. For HTTP/2
 * pass the session's socket.
 * @throws ApiError Unauthorized when a certificate was shown that our CA did not sign, or that has expired
 */
export function clientCertificateOf(socket: TLSSocket): ClientCertificate | undefined {
  let certificate = known.get(socket);
  if (!certificate) {
    certificate = readCertificate(socket);
    known.set(socket, certificate);
  }
  if (certificate === 'refused') throw unauthorized();
  return certificate === 'none' ? undefined : certificate;
}

function readCertificate(socket: TLSSocket): ClientCertificate | 'none' | 'refused' {
  const peer = socket.getPeerCertificate();
  if (!peer?.subject) return 'none';
  if (!socket.authorized) return 'refused';
  return { commonName: listOf(peer.subject.CN).at(-1) ?? '', organizations: listOf(peer.subject.O) };
}

/** Node gives a string for one value and an array for several. */
function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat();
}
