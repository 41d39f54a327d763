import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { connect as connectTcp, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';

/** What is sent to a backend, besides its body. */
export interface BackendRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
}

/** A server behind the API server: a pod, an endpoint of a service, a kubelet. */
export interface Backend {
  /** `10.1.2.3:80`, as it stands in URLs. */
  readonly authority: string;
  /** Begins a request; the caller writes its body and ends it. */
  request(options: BackendRequest): ClientRequest;
  /** Opens a connection for a protocol that leaves HTTP. @throws Error */
  open(): Promise<Duplex>;
}

/** Opens a TCP connection to where pods and nodes are. Default: directly. */
export type Dial = (host: string, port: number) => Duplex;

export const directDial: Dial = (host, port) =>
  connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: probeAfter });

/** Silent connections are probed after so long, in milliseconds. */
export const probeAfter = 30_000;

/** Milliseconds in which a connection has to come about. */
const connectTimeout = 30_000;

/** An address that is reached without any identity of ours. Certificates of `https` are not checked, as upstream. */
export function addressBackend(dial: Dial, scheme: 'http' | 'https', host: string, port: number): Backend {
  const connect = () => (scheme === 'https' ? overTls(dial(host, port)) : timed(dial(host, port)));
  const [begin, Agent] = scheme === 'https' ? [httpsRequest, HttpsAgent] : [httpRequest, HttpAgent];
  // Each request has a connection of its own, because that a kept one has ended may be told too late. It is not said to
  // the backend, which might then close it without reading all that we send.
  const agent = Object.assign(new Agent({ keepAlive: true }), {
    createConnection: connect,
    keepSocketAlive: () => false,
  });
  return {
    authority: authorityOf(host, port),
    request: (options) => begin({ ...options, host, port, agent }),
    open: () => opened(connect(), scheme === 'https' ? 'secureConnect' : 'connect'),
  };
}

/** Host and port as one, brackets around an IPv6 address. */
export function authorityOf(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

function overTls(socket: Duplex): TLSSocket {
  timed(socket);
  const tls = connectTls({ socket, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
  tls.once('close', () => socket.destroy());
  return tls;
}

/** Gives up on a connection that does not come about. */
function timed(socket: Duplex): Duplex {
  const tcp = socket as Duplex & { setTimeout?(ms: number, listener?: () => void): void; connecting?: boolean };
  const late = () =>
    void (tcp.connecting && tcp.destroy(Object.assign(new Error('i/o timeout'), { code: 'ETIMEDOUT' })));
  tcp.setTimeout?.(connectTimeout, late);
  tcp.once('connect', () => tcp.setTimeout?.(0));
  return socket;
}

/** Resolves when `event` says that the connection is there. */
export function opened(socket: Duplex, event: 'connect' | 'secureConnect'): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once(event, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

/** Why a backend did not answer, in the words that users of Kubernetes know. */
export function backendFailure(error: unknown, authority: string): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (Object.hasOwn(reasons, code)) return `dial tcp ${authority}: ${reasons[code]}`;
  if (code === 'EPIPE') return 'write: broken pipe';
  if (code === 'ECONNRESET') return message.includes('hang up') ? 'EOF' : 'read: connection reset by peer';
  if (code.startsWith('HPE_')) return `net/http: HTTP/1.x transport connection broken: malformed HTTP response`;
  return message;
}
