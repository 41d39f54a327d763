import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect, type TLSSocket } from 'node:tls';
import { node, type Node } from '../../api/core-v1/node.ts';
import { ApiError, isApiError, serviceUnavailable } from '../../apimachinery/api-error.ts';
import { get } from '../registry/get.ts';
import type { Registry } from '../registry/registry.ts';

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

  /** Where the kubelet of the node called `name` is. @throws ApiError when the node is not known or tells no address */
  async locate(registry: Registry, name: string): Promise<KubeletAddress> {
    const target = { kind: node, namespace: '', name };
    const { object } = await get(registry, target as Parameters<typeof get>[1], '0').catch((error: unknown) => {
      throw isApiError(error, 'NotFound') ? unreachable(`node ${JSON.stringify(name)} does not exist`) : error;
    });
    const { addresses = [], daemonEndpoints } = (object as Node).status ?? {};
    const host = addressTypes.map((type) => addresses.find((a) => a.type === type)?.address).find(Boolean);
    if (!host) throw unreachable(`no preferred addresses found for node ${JSON.stringify(name)}`);
    return { host, port: daemonEndpoints?.kubeletEndpoint?.Port ?? defaultKubeletPort };
  }

  /** Sends a GET and resolves with the answer, whatever its status. `signal` ends it. */
  get(address: KubeletAddress, path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const options: RequestOptions = { ...address, ...this.#tls(), path, method: 'GET', agent: this.#agent, signal };
    return new Promise((resolve, reject) => {
      const sent = request(options, resolve);
      sent.setTimeout(
        connectTimeout,
        () => sent.socket?.connecting && sent.destroy(new Error('connecting took too long')),
      );
      sent.once('error', (error) => reject(unreachable(error.message)));
      sent.end();
    });
  }

  /** Opens a TLS connection for a protocol that leaves HTTP. */
  open(address: KubeletAddress): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...address, ...this.#tls(), ALPNProtocols: ['http/1.1'], timeout: connectTimeout });
      const failed = (error: Error) => reject(unreachable(error.message));
      socket.once('error', failed);
      socket.once('timeout', () => socket.destroy(new Error('connecting took too long')));
      socket.once('secureConnect', () => {
        socket.setTimeout(0);
        socket.setNoDelay(true);
        socket.off('error', failed);
        resolve(socket);
      });
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

function unreachable(why: string): ApiError {
  return new ApiError(500, 'InternalError', `error dialing the kubelet: ${why}`, { causes: [{ message: why }] });
}
