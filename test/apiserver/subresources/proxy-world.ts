import * as http from 'node:http';
import * as https from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { CertificateAuthority, type KeyPair } from '../../../src/auth/certificates.ts';
import { realClock } from '../../../src/base/clock.ts';
import { pod, pods, services, TestServer } from '../test-server.ts';

export interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
  body: any;
}

export const podIp = '10.1.2.3';

/** An API server over HTTPS, and servers on loopback that pods' addresses lead to. */
export class ProxyWorld {
  readonly api: TestServer;
  readonly ca: CertificateAuthority;
  readonly port: number;
  readonly serving: KeyPair;
  /** By `address:port` of a pod or node: the port on loopback. */
  readonly routes = new Map<string, number>();
  /** Connections to backends that are open. */
  readonly open = new Set<Socket>();
  readonly #servers: (http.Server | https.Server)[] = [];
  readonly agent: https.Agent;

  private constructor(parts: { api: TestServer; ca: CertificateAuthority; port: number; serving: KeyPair }) {
    ({ api: this.api, ca: this.ca, port: this.port, serving: this.serving } = parts);
    this.agent = new https.Agent({ keepAlive: true, ca: this.ca.certificate });
  }

  static async start(): Promise<ProxyWorld> {
    const ca = await CertificateAuthority.create('test', realClock);
    const serving = await ca.issue({ commonName: 'server', ips: ['127.0.0.1'], usages: ['server'], days: 1 });
    const client = await ca.issue({ commonName: 'apiserver', usages: ['client'], days: 1 });
    const api: TestServer = new TestServer({
      clock: realClock,
      kubeletClient: { cert: client.certificate, key: client.privateKey, ca: ca.certificate },
      dial: (host, port) => world.#dial(host, port),
    });
    const { certificate: cert, privateKey: key } = serving;
    const { port } = await api.server.listen({ host: '127.0.0.1', port: 0, cert, key, clientCa: ca.certificate });
    const world: ProxyWorld = new ProxyWorld({ api, ca, port, serving });
    return world;
  }

  #dial(host: string, port: number): Socket {
    const socket = connect({ host: '127.0.0.1', port: this.routes.get(`${host}:${port}`) ?? 1 });
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    return socket;
  }

  /** Starts a backend and leads an address to it. */
  async backend(address: string, listener: http.RequestListener, tls = false): Promise<http.Server> {
    const { certificate: cert, privateKey: key } = this.serving;
    const server = tls ? https.createServer({ cert, key }, listener) : http.createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#servers.push(server);
    this.routes.set(address, (server.address() as AddressInfo).port);
    return server;
  }

  /** A kubelet, which asks for our certificate. */
  async kubelet(name: string, listener: http.RequestListener): Promise<https.Server> {
    const { certificate: cert, privateKey: key } = this.serving;
    const server = https.createServer({ cert, key, ca: this.ca.certificate, requestCert: true }, listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#servers.push(server);
    const { port } = server.address() as AddressInfo;
    await this.api.post('/api/v1/nodes', {
      metadata: { name },
      status: {
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
        daemonEndpoints: { kubeletEndpoint: { Port: port } },
      },
    });
    return server;
  }

  /** A running pod with an address. */
  async pod(name: string, ip = podIp, spec: object = {}): Promise<void> {
    const { body } = await this.api.post(pods, pod(name, spec));
    await this.api.put(`${pods}/${name}/status`, {
      ...body,
      status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
    });
  }

  async service(name: string, ports: object[], endpoints: object[], slicePorts: object[]): Promise<void> {
    await this.api.post(services, { metadata: { name }, spec: { ports } });
    if (endpoints.length === 0) return;
    await this.api.post('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
      metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints,
      ports: slicePorts,
    });
  }

  /** Begins a request as the administrator. */
  request(method: string, path: string, headers: http.OutgoingHttpHeaders = {}): http.ClientRequest {
    return https.request({
      host: '127.0.0.1',
      port: this.port,
      path,
      method,
      agent: this.agent,
      headers: { authorization: 'Bearer good', ...headers },
    });
  }

  call(method: string, path: string, headers: http.OutgoingHttpHeaders = {}, sent?: string | Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const request = this.request(method, path, headers);
      request.on('error', reject);
      request.on('response', async (response) => {
        const chunks: Buffer[] = [];
        try {
          for await (const chunk of response) chunks.push(chunk as Buffer);
        } catch (error) {
          return reject(error);
        }
        const text = Buffer.concat(chunks).toString('latin1');
        const body: unknown =
          /json/.test(response.headers['content-type'] ?? '') && text ? JSON.parse(text) : undefined;
        resolve({ status: response.statusCode!, headers: response.headers, text, body });
      });
      request.end(sent);
    });
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
    for (const socket of this.open) socket.destroy();
    await this.api.close();
  }
}

/** Waits for a state, never for a time. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`it never came: ${what}`);
}
