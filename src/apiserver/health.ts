import type { Exchange } from './exchange/exchange.ts';
import { sendText } from './handlers/respond.ts';
import type { HealthMetrics } from './metrics/health-metrics.ts';
import { noSuchPath } from '../apimachinery/api-error.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';

/** Milliseconds that a check may take: those who ask have little patience. */
const PATIENCE = 2000;

/** One thing that has to be well. */
export interface HealthCheck {
  readonly name: string;
  /** True when it fails in the normal course of things, which nobody needs to be told of. */
  readonly quiet?: boolean;
  /** @throws when it is not; the message goes to the log only */
  check(): void | Promise<void>;
}

interface Result {
  readonly name: string;
  readonly state: 'ok' | 'failed' | 'excluded';
}

export interface HealthServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: HealthMetrics;
}

/** The checks behind one path, `/readyz` for instance. */
export class HealthEndpoint {
  readonly #path: string;
  readonly #checks: readonly HealthCheck[];
  readonly #services: HealthServices;

  constructor(path: string, checks: readonly HealthCheck[], services: HealthServices) {
    this.#path = path;
    this.#checks = checks;
    this.#services = services;
  }

  /** The paths of the single checks: `/readyz/ping`. */
  get paths(): string[] {
    return this.#checks.map((c) => `${this.#path}/${c.name}`);
  }

  /** Answers `/readyz`, `/readyz?verbose&exclude=etcd` and `/readyz/<check>`. @throws ApiError NotFound for an unknown check */
  async handle(exchange: Exchange): Promise<void> {
    const name = exchange.path.slice(this.#path.length + 1);
    if (name) return this.#handleOne(exchange, name);
    const excluded = new Set(exchange.query.getAll('exclude'));
    const results = await Promise.all(this.#checks.map((c) => this.#run(c, excluded)));
    const ok = results.every((r) => r.state !== 'failed');
    if (ok && !exchange.query.has('verbose')) return sendText(exchange, 200, 'ok');
    for (const check of this.#checks) excluded.delete(check.name);
    sendText(exchange, ok ? 200 : 500, this.#report(results, excluded, ok));
  }

  async #handleOne(exchange: Exchange, name: string): Promise<void> {
    const check = this.#checks.find((c) => c.name === name);
    if (!check) throw noSuchPath();
    const { state } = await this.#run(check, new Set());
    if (state === 'ok') sendText(exchange, 200, 'ok');
    else sendText(exchange, 500, 'internal server error: reason withheld\n');
  }

  async #run(check: HealthCheck, excluded: ReadonlySet<string>): Promise<Result> {
    const { name } = check;
    if (excluded.has(name)) return { name, state: 'excluded' };
    const { clock, log, metrics } = this.#services;
    try {
      await inTime(check, clock);
      metrics.checked(name, this.#path.slice(1), true);
      return { name, state: 'ok' };
    } catch (error) {
      log[check.quiet ? 'debug' : 'warn']('a health check failed', {
        path: this.#path,
        check: name,
        error: errorMessage(error),
      });
      metrics.checked(name, this.#path.slice(1), false);
      return { name, state: 'failed' };
    }
  }

  /** `unknown` are the names that were to be excluded but are those of no check. */
  #report(results: readonly Result[], unknown: ReadonlySet<string>, ok: boolean): string {
    const lines = results.map((r) => lineOf[r.state](r.name));
    if (unknown.size > 0) {
      const names = [...unknown].map((name) => JSON.stringify(name)).join(',');
      lines.push(`warn: some health checks cannot be excluded: no matches for ${names}`);
    }
    return `${lines.join('\n')}\n${this.#path.slice(1)} check ${ok ? 'passed' : 'failed'}\n`;
  }
}

const lineOf: Readonly<Record<Result['state'], (name: string) => string>> = {
  ok: (name) => `[+]${name} ok`,
  failed: (name) => `[-]${name} failed: reason withheld`,
  excluded: (name) => `[+]${name} excluded: ok`,
};

/** @throws what the check throws, or an error when it takes too long */
async function inTime(check: HealthCheck, clock: Clock): Promise<void> {
  const over = new AbortController();
  const late = sleep(clock, PATIENCE, over.signal).then(() =>
    Promise.reject(new Error(`no answer within ${PATIENCE} ms`)),
  );
  late.catch(() => {}); // also when nobody waits any more
  try {
    await Promise.race([check.check(), late]);
  } finally {
    over.abort();
  }
}
