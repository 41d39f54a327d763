import type { Server } from 'node:http';
import type { Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { METRICS_TYPE, pageServer, type Pages } from '../base/page-server.ts';
import type { ProxyMetrics } from './metrics.ts';
import type { ProxyHealth } from './proxy-health.ts';

/** Where the proxy tells about itself, as upstream's does by default: health to everybody, metrics to this machine. */
export interface StatusAddresses {
  /** Default: 0.0.0.0:10256; port 0 is any free one. */
  readonly health?: { readonly address?: string; readonly port?: number };
  /** Default: 127.0.0.1:10249. */
  readonly metrics?: { readonly address?: string; readonly port?: number };
}

/** Milliseconds after which a port that was taken is tried again. */
const RETRY = 10_000;

/** Serves `/healthz`, `/livez`, and on another port `/metrics`, `/healthz` and `/proxyMode`. */
export class StatusServer {
  readonly #servers: Server[] = [];
  #stopped = false;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  start({ health = {}, metrics = {} }: StatusAddresses, state: ProxyHealth, numbers: ProxyMetrics): void {
    const answer = (path: 'healthz' | 'livez') => {
      const { status, body } = state.answer(path);
      numbers.answered(path, status);
      return { status, type: 'application/json', body };
    };
    const asked: Pages = (path) =>
      path === '/healthz' ? answer('healthz') : path === '/livez' ? answer('livez') : undefined;
    this.#open(health.address ?? '0.0.0.0', health.port ?? 10_256, asked);
    this.#open(metrics.address ?? '127.0.0.1', metrics.port ?? 10_249, (path) => {
      if (path === '/metrics') return { type: METRICS_TYPE, body: numbers.registry.render() };
      if (path === '/proxyMode') return { body: 'iptables' };
      return path === '/healthz' ? { body: 'ok' } : undefined;
    });
  }

  /** The ports that are open, in the order health, metrics. */
  get ports(): number[] {
    return this.#servers.map((server) => (server.address() as { port: number } | null)?.port ?? 0);
  }

  stop(): void {
    this.#stopped = true;
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  /** Another program may have the port for now: the proxy works without. */
  #open(address: string, port: number, pages: Pages): void {
    const server = pageServer(pages);
    this.#servers.push(server);
    let told = false;
    server.on('error', (error) => {
      if (!told) this.#log.warn('a port of the proxy could not be opened', { port, error: errorMessage(error) });
      told = true;
      this.#clock.after(RETRY, () => {
        if (!this.#stopped) server.listen(port, address).unref();
      });
    });
    server.listen(port, address).unref();
  }
}
