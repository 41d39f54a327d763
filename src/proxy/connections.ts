import { errorMessage, type Log } from '../base/log.ts';
import { conntrack, type Conntrack } from '../linux/conntrack.ts';
import type { Run } from '../linux/exec.ts';
import { ip } from '../linux/ip.ts';
import type { ProxyMetrics } from './metrics.ts';
import type { Family, ServicePort } from './model.ts';
import { hasUdp, staleConnections } from './stale-connections.ts';

/** Makes the kernel forget connections that lead nowhere. A failure is told and has no further consequence: they age out. */
export class Connections {
  readonly #run: Run;
  readonly #conntrack: Conntrack;
  readonly #log: Log;
  readonly #metrics: ProxyMetrics;

  constructor(run: Run, log: Log, metrics: ProxyMetrics) {
    this.#run = run;
    this.#conntrack = conntrack(run);
    this.#log = log;
    this.#metrics = metrics;
  }

  /** @param ports those whose connections are looked at, and `gone` those that may be no more */
  async clean(family: Family, of: { ports: readonly ServicePort[]; gone?: readonly ServicePort[] }): Promise<void> {
    const all = [...of.ports, ...(of.gone ?? [])];
    if (!hasUdp(all, family)) return;
    try {
      const connections = await this.#conntrack.list('UDP', family);
      const stale = staleConnections(connections, family, of, await this.#nodeAddresses(all));
      for (const connection of stale) await this.#conntrack.forget('UDP', family, connection);
      if (stale.length > 0) this.#metrics.forgot(family, stale.length);
    } catch (error) {
      this.#log.warn('old UDP connections may go to endpoints that are gone', { error: errorMessage(error) });
    }
  }

  async #nodeAddresses(ports: readonly ServicePort[]): Promise<ReadonlySet<string>> {
    if (!ports.some(({ nodePort, protocol }) => nodePort !== undefined && protocol === 'UDP')) return new Set();
    return new Set((await ip(this.#run).addresses()).map(({ address }) => address));
  }
}
