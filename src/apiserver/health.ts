import type { Exchange } from './exchange/exchange.ts';
import { sendText } from './handlers/respond.ts';
import { noSuchPath } from '../apimachinery/api-error.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';

/** Milliseconds that a check may take: those who ask have little patience. */
const PATIENCE = 2000;

/** One thing that has to be well. */
export interface HealthCheck {
  readonly name: string;
  /** @throws when it is not; the message goes to the log only */
  check(): void | Promise<void>;
}

/** The checks behind one path, `/readyz` for instance. */
export class HealthEndpoint {
  readonly #path: string;
  readonly #checks: readonly HealthCheck[];
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(path: string, checks: readonly HealthCheck[], clock: Clock, log: Log) {
    this.#path = path;
    this.#checks = checks;
    this.#clock = clock;
    this.#log = log;
  }

  /** Answers `/readyz`, `/readyz?verbose` and `/readyz/<check>`. @throws ApiError NotFound for an unknown check */
  async handle(exchange: Exchange): Promise<void> {
    const name = exchange.path.slice(this.#path.length + 1);
    const excluded = new Set(exchange.query.getAll('exclude'));
    const checks = this.#checks.filter((c) => (name ? c.name === name : !excluded.has(c.name)));
    if (name && checks.length === 0) throw noSuchPath();
    const results = await Promise.all(checks.map((c) => this.#run(c)));
    const ok = results.every((r) => r.ok);
    if (ok && (name || !exchange.flag('verbose'))) return sendText(exchange, 200, 'ok');
    sendText(exchange, ok ? 200 : 500, this.#report(results, ok));
  }

  async #run(check: HealthCheck): Promise<{ name: string; ok: boolean }> {
    try {
      await inTime(check, this.#clock);
      return { name: check.name, ok: true };
    } catch (error) {
      this.#log.warn('a health check failed', { path: this.#path, check: check.name, error: errorMessage(error) });
      return { name: check.name, ok: false };
    }
  }

  #report(results: readonly { name: string; ok: boolean }[], ok: boolean): string {
    const lines = results.map((r) => (r.ok ? `[+]${r.name} ok` : `[-]${r.name} failed: reason withheld`));
    return `${lines.join('\n')}\n${this.#path.slice(1)} check ${ok ? 'passed' : 'failed'}\n`;
  }
}

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
