import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError, badRequest, internalError, methodNotAllowed, noSuchPath } from '../../apimachinery/api-error.ts';
import type { Clock } from '../../base/clock.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { PodNetwork } from '../network/network.ts';
import { identityOf } from '../pod-spec.ts';
import type { ContainerState } from '../runtime/runtime.ts';
import type { Client } from '../../client/client.ts';
import { KubeletAccess } from './access.ts';
import { pageAt, type PageAnswer, type PageSources } from './pages.ts';
import { exitStatus, failureStatus } from './exec-status.ts';
import { measured, type HttpMetrics } from './http-metrics.ts';
import { sendLog } from './log-handler.ts';
import { forwardFixedPorts } from './port-channels.ts';
import { forwardPorts, portForwardProtocol } from './port-forward.ts';
import type { ProcessChannels } from './process-channels.ts';
import { oldestProtocol, spdyProtocols, type ProcessProtocol } from './process-protocols.ts';
import {
  noSuchPod,
  parseLogRequest,
  parsePorts,
  parseProcessRequest,
  parseTarget,
  type ProcessRequest,
  type Target,
} from './requests.ts';
import { spdyChannels } from './spdy-channels.ts';
import { TlsListener } from './tls-listener.ts';
import { acceptPortSocket, acceptProcessSocket, acceptSpdy, acceptTunnel, upgradeOf, wantsTunnel } from './upgrades.ts';
import { webSocketChannels } from './websocket-channels.ts';

/** Certificates and key are PEM. */
export interface ServingOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Default: all addresses. */
  readonly address?: string | undefined;
  readonly cert: string;
  readonly key: string;
  /** Clients are known by certificates that this authority has signed, or by tokens that the API server knows. */
  readonly clientCa: string;
}

export interface KubeletServerOptions extends ServingOptions, PageSources {
  readonly clock: Clock;
  readonly log: Log;
  readonly client: Client;
  readonly network: PodNetwork;
  readonly httpMetrics?: HttpMetrics | undefined;
}

/** The kubelet's HTTPS endpoint: logs, exec, attach, port forwarding, metrics, health. */
export class KubeletServer {
  readonly #options: KubeletServerOptions;
  readonly #listener: TlsListener;
  readonly #access: KubeletAccess;
  #upgraded = new Set<Duplex>();

  constructor(options: KubeletServerOptions) {
    this.#options = options;
    this.#access = new KubeletAccess(options);
    this.#listener = new TlsListener({
      ...options,
      onRequest: (request, response) => void this.#measured(request, () => this.#request(request, response)),
      onUpgrade: (request, socket, head) => void this.#measured(request, () => this.#upgrade(request, socket, head)),
    });
  }

  /** The port it listens on. */
  get port(): number {
    return this.#listener.port;
  }

  /** @throws a sentence when the port is taken */
  start(): Promise<void> {
    return this.#listener.start().catch((error) => {
      const what = `The kubelet cannot listen on port ${this.#options.port} (${errorMessage(error)})`;
      throw new Error(`${what}: choose another with --kubelet-port.`);
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.#upgraded) socket.destroy();
    await this.#listener.stop();
  }

  #measured(request: IncomingMessage, answer: () => Promise<void>): Promise<void> {
    return measured(this.#options.httpMetrics, this.#options.clock, request, answer);
  }

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#route(request, response);
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      sendError(response, error);
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = urlOf(request);
    await this.#access.check(request, url.pathname);
    const page = pageAt(url.pathname);
    if (page) {
      if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
      return send(response, await page(this.#options, url.searchParams));
    }
    const target = parseTarget(url.pathname);
    if (!target) throw noSuchPath();
    if (target.action !== 'containerLogs') throw badRequest('unable to upgrade: missing upgrade headers in request');
    const { runtime, clock } = this.#options;
    await sendLog(runtime, this.#pod(target), target.container, parseLogRequest(url.searchParams, clock), response);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => {}); // the streams on it see their end
    this.#upgraded.add(socket);
    socket.once('close', () => this.#upgraded.delete(socket));
    try {
      const url = urlOf(request);
      await this.#access.check(request, url.pathname);
      const target = parseTarget(url.pathname);
      const upgrade = upgradeOf(request);
      if (!target || target.action === 'containerLogs') throw noSuchPath();
      if (!upgrade)
        throw badRequest(`unable to upgrade: neither websocket nor SPDY/3.1 but "${request.headers.upgrade}"`);
      if (target.action === 'portForward') await this.#portForward(target, upgrade, request, socket, head);
      else await this.#process(target, url.searchParams, upgrade, request, socket, head);
    } catch (error) {
      refuse(socket, error);
    }
  }

  async #portForward(
    target: Target,
    upgrade: string,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> {
    const { runtime, network } = this.#options;
    const pod = this.#pod(target);
    const [sandbox] = runtime.pod(identityOf(pod)).sandboxes;
    if (!sandbox?.ready)
      throw badRequest(`unable to forward port because pod is not running. Current status=${pod.status?.phase}`);
    const dial = (port: number) => runtime.dial(sandbox, network.ips(sandbox.id), port);
    if (upgrade !== 'websocket')
      return forwardPorts(acceptSpdy(request, socket, head, [portForwardProtocol]).connection, dial);
    if (wantsTunnel(request)) return forwardPorts(await acceptTunnel(request, socket, head), dial);
    const ports = parsePorts(urlOf(request).searchParams);
    const { webSocket, base64 } = await acceptPortSocket(request, socket, head);
    return forwardFixedPorts(webSocket, ports, base64, dial);
  }

  async #process(
    target: Extract<Target, { container: string }>,
    query: URLSearchParams,
    upgrade: string,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> {
    const run = this.#running(this.#pod(target), target.container);
    const wanted = parseProcessRequest(query);
    const { runtime } = this.#options;
    const { channels, protocol } = await this.#channels(wanted, upgrade, request, socket, head);
    const work =
      target.action === 'exec'
        ? runtime.exec(run.id, wanted.command, channels.streams, channels.signal)
        : runtime.attach(run.id, channels.streams, channels.signal).then(() => this.#exitCode(target, run));
    await this.#finish(channels, protocol, work);
  }

  async #channels(
    wanted: ProcessRequest,
    upgrade: string,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<{ channels: ProcessChannels; protocol: ProcessProtocol }> {
    if (upgrade === 'websocket') {
      const { webSocket, protocol } = await acceptProcessSocket(request, socket, head);
      return { channels: webSocketChannels(webSocket, wanted, protocol), protocol };
    }
    const { connection, chosen } = acceptSpdy(request, socket, head, [...spdyProtocols.keys()]);
    const protocol = spdyProtocols.get(chosen) ?? oldestProtocol;
    return { channels: await spdyChannels(connection, wanted, this.#options.clock, protocol), protocol };
  }

  async #finish(channels: ProcessChannels, protocol: ProcessProtocol, work: Promise<number>): Promise<void> {
    const status = await work.then(
      (code) => exitStatus(code, protocol),
      (error) => failureStatus(error, protocol),
    );
    await channels
      .finish(status)
      .catch((error) => this.#options.log.debug('client left early', { error: errorMessage(error) }));
  }

  /** How a process that was attached to ended; 0 while it goes on. */
  async #exitCode(target: Target, run: ContainerState): Promise<number> {
    const { runtime } = this.#options;
    const runs = runtime.pod(identityOf(this.#pod(target))).containers;
    return runs.find((c) => c.id === run.id)?.exitCode ?? 0;
  }

  #pod({ namespace, pod }: Target): Pod {
    const found = this.#options
      .pods()
      .find(({ metadata }) => metadata.name === pod && metadata.namespace === namespace);
    if (!found) throw noSuchPod(namespace, pod);
    return found;
  }

  #running(pod: Pod, name: string): ContainerState {
    const runs = this.#options.runtime.pod(identityOf(pod)).containers.filter((c) => c.name === name);
    const run = runs.find((c) => c.state === 'running');
    if (run) return run;
    if (runs.length > 0) throw internalError(`container ${name} is not running`);
    throw new ApiError(404, 'NotFound', `unable to upgrade connection: container not found ("${name}")`);
  }
}

function urlOf(request: IncomingMessage): URL {
  try {
    return new URL(request.url ?? '/', 'https://kubelet');
  } catch {
    throw badRequest('the address is not properly encoded');
  }
}

function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : internalError(errorMessage(error));
}

function sendError(response: ServerResponse, error: unknown): void {
  // The API server makes a Status of the sentence, for its own client.
  const { code, message } = asApiError(error);
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(message);
}

function send(response: ServerResponse, { code, body }: PageAnswer): void {
  const text = typeof body === 'string';
  const bytes = Buffer.from(text ? body : JSON.stringify(body));
  const type = text ? 'text/plain; version=0.0.4; charset=utf-8' : 'application/json';
  response.writeHead(code, { 'content-type': type, 'content-length': bytes.length }).end(bytes);
}

/** Answers an upgrade that cannot be. On a connection that was upgraded already there is nobody left to tell. */
function refuse(socket: Duplex, error: unknown): void {
  const status = asApiError(error).toStatus();
  const body = JSON.stringify(status);
  const head = [
    `HTTP/1.1 ${status.code} ${STATUS_CODES[status.code ?? 500] ?? 'Error'}`,
    'Content-Type: application/json',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
