import { createServer } from 'node:http';
import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import type { Log } from '../base/log.ts';
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
    const server = createServer(async (request, response) => {
      const known = request.url === '/metrics' ? metrics : request.url === '/healthz' ? async () => 'ok' : undefined;
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
      if (known) response.end(await known());
      else response.writeHead(404).end('not found\n');
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
