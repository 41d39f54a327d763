import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect, type ConnectionOptions } from 'node:tls';
import { node, type Node } from '../../api/core-v1/node.ts';
import { ApiError, serviceUnavailable } from '../../apimachinery/api-error.ts';
import { get } from '../registry/get.ts';
import type { Registry } from '../registry/registry.ts';
import { authorityOf, backendFailure, opened, probeAfter, type Backend } from './proxy/backend.ts';

/** How the API server proves to kubelets who it is, and how it knows them: PEM texts. */
export interface KubeletClient {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly ca: string | Buffer;
}

/** Where a kubelet listens. */
export interface KubeletAddress {
  readonly host: string;
  readonly port: number;
}

export interface KubeletOptions {
  /** Whether any certificate is believed. */
  readonly insecure?: boolean;
}

const defaultKubeletPort = 10250;
/** How long to wait for a connection, in milliseconds. */
const connectTimeout = 10_000;
/** Node addresses in the order they are tried, as upstream's `--kubelet-preferred-address-types`. */
const addressTypes = ['InternalIP', 'Hostname', 'ExternalIP'];

/** Makes connections to the kubelets of nodes. */
export class KubeletConnector {
  readonly #client: KubeletClient | undefined;
  readonly #agent: Agent;

  constructor(client: KubeletClient | undefined) {
    this.#client = client;
    this.#agent = new Agent({ keepAlive: true });
  }

  /** Where the kubelet of the node called `name` is. @throws ApiError NotFound, or when the node tells no address */
  async locate(registry: Registry, name: string): Promise<KubeletAddress> {
    const target = { kind: node, namespace: '', name };
    const { object } = await get(registry, target, '0');
    const { addresses = [], daemonEndpoints } = (object as Node).status ?? {};
    const host = addressTypes.map((type) => addresses.find((a) => a.type === type)?.address).find(Boolean);
    if (!host) throw new ApiError(500, '', `no preferred addresses found; known addresses: ${known(addresses)}`);
    return { host, port: daemonEndpoints?.kubeletEndpoint?.Port ?? defaultKubeletPort };
  }

  /** The kubelet at `address`, to which we show who we are and which has to do so too, unless `insecure`. */
  backend(address: KubeletAddress, { insecure = false }: KubeletOptions = {}): Backend {
    const tls = { ...this.#tls(), ...(insecure && { rejectUnauthorized: false }) };
    return {
      authority: authorityOf(address.host, address.port),
      request: (options) => {
        const sent = request({ ...options, ...address, ...tls, agent: this.#agent });
        sent.setTimeout(connectTimeout, () => {
          if (sent.socket?.connecting) sent.destroy(new Error('connecting took too long'));
        });
        return sent;
      },
      open: () => openTls({ ...address, ...tls, ALPNProtocols: ['http/1.1'] }),
    };
  }

  /** Sends a GET and resolves with the answer, whatever its status. `signal` ends it. */
  get(
    address: KubeletAddress,
    path: string,
    signal: AbortSignal,
    options: KubeletOptions = {},
  ): Promise<IncomingMessage> {
    const backend = this.backend(address, options);
    return new Promise((resolve, reject) => {
      const sent = backend.request({ method: 'GET', path, headers: {} });
      const abort = () => sent.destroy();
      signal.addEventListener('abort', abort, { once: true });
      sent.once('close', () => signal.removeEventListener('abort', abort));
      sent.once('response', resolve);
      sent.on('error', (error) => reject(unreachable(backendFailure(error, backend.authority))));
      sent.end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  #tls(): KubeletClient {
    if (!this.#client) throw serviceUnavailable('this server has no credentials for kubelets');
    return this.#client;
  }
}

function known(addresses: readonly { type: string; address: string }[]): string {
  return `[${addresses.map(({ type, address }) => `{${type} ${address}}`).join(' ')}]`;
}

/** A TLS connection. @throws Error */
async function openTls(options: ConnectionOptions): Promise<Duplex> {
  const socket = connect({ ...options, timeout: connectTimeout });
  const late = () => void socket.destroy(new Error('connecting took too long'));
  socket.once('timeout', late);
  await opened(socket, 'secureConnect');
  socket.off('timeout', late);
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, probeAfter);
  return socket;
}

function unreachable(why: string): ApiError {
  return new ApiError(500, '', `error dialing backend: ${why}`);
}
