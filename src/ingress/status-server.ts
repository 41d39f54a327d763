import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import type { Log } from '../base/log.ts';
import { METRICS_TYPE, pageServer } from '../base/page-server.ts';
import { Listener } from './listener.ts';

export interface StatusServerOptions {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly metrics: () => Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tells this machine about an ingress: `/metrics` as Prometheus reads it, and `/healthz`. */
export class IngressStatusServer implements Component {
  readonly name = 'ingress-status';
  readonly #listener: Listener;
  /** Where it listens; 0 while it does not. */
  port = 0;

  constructor({ port, metrics, clock, log }: StatusServerOptions) {
    const server = pageServer(async (path) => {
      if (path === '/metrics') return { type: METRICS_TYPE, body: await metrics() };
      return path === '/healthz' ? { body: 'ok' } : undefined;
    });
    const told = (actual: number, problem?: string) => {
      if (problem) log.warn('the metrics of the ingress cannot be read', { problem });
      else this.port = actual;
    };
    this.#listener = new Listener({ server, address: '127.0.0.1', port, clock, told });
  }

  start(): Promise<void> {
    return this.#listener.start();
  }

  stop(): Promise<void> {
    return this.#listener.stop(0);
  }
}
