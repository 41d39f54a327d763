import { createServer, type Server } from 'node:http';
import { errorMessage, type Log } from '../base/log.ts';
import { healthAnswer, type HealthPort } from './health-ports.ts';

export interface HealthPortServersOptions {
  /** Where to listen. Default: every address. */
  readonly address?: string | undefined;
  readonly isHealthy: () => boolean;
  readonly log: Log;
  /** Told when a port cannot be opened. */
  readonly failed: (port: HealthPort, reason: string) => void;
}

/** Answers on the health check node ports of services. */
export class HealthPortServers {
  readonly #options: HealthPortServersOptions;
  readonly #answers = new Map<string, HealthPort>();
  readonly #servers = new Map<string, { port: number; server: Server }>();

  constructor(options: HealthPortServersOptions) {
    this.#options = options;
  }

  /** Takes in what a service has now; undefined when it has no such port. */
  put(service: string, port: HealthPort | undefined): void {
    if (port) this.#answers.set(service, port);
    else this.#answers.delete(service);
    const open = this.#servers.get(service);
    if (open?.port === port?.port) return;
    if (open) this.#close(service);
    if (port) this.#open(service, port);
  }

  /** Tries those again that could not be opened. */
  retry(): void {
    for (const [service, port] of this.#answers) if (!this.#servers.has(service)) this.#open(service, port);
  }

  stop(): void {
    for (const service of [...this.#servers.keys()]) this.#close(service);
  }

  #open(service: string, port: HealthPort): void {
    const { address = '0.0.0.0', isHealthy, log, failed } = this.#options;
    const server = createServer((request, response) => {
      const answer = healthAnswer(this.#answers.get(service) ?? port, isHealthy());
      response.writeHead(answer.status, answer.headers);
      response.end(request.method === 'HEAD' ? undefined : answer.body);
    });
    server.on('error', (error) => {
      if (this.#servers.get(service)?.server === server) this.#servers.delete(service);
      log.warn('a health check port could not be opened', { service, port: port.port, error: errorMessage(error) });
      failed(port, errorMessage(error));
    });
    this.#servers.set(service, { port: port.port, server });
    server.listen(port.port, address).unref();
  }

  #close(service: string): void {
    const { server } = this.#servers.get(service)!;
    this.#servers.delete(service);
    server.close();
    server.closeAllConnections();
  }
}
