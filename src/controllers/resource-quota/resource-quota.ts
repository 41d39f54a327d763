import { resourceQuota as quotaKind, type ResourceQuota } from '../../api/core-v1/resource-quota.ts';
import { sameQuantities } from '../../api/meta-v1/quantities.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { keyOf, parseKey } from '../../apimachinery/object.ts';
import { sleep } from '../../base/clock.ts';
import { errorMessage } from '../../base/log.ts';
import type { Controller, ControllerDependencies, RunningController } from '../../client/controller.ts';
import type { Informer } from '../../client/informer.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { CountedKinds } from './counted-kinds.ts';
import { countUse } from './count.ts';
import { afterCount, isCounted, sameStatus, type QuotaStatus } from './status.ts';

const NAME = 'resourcequota-controller';
const WORKERS = 5;
/** Milliseconds after which every quota is counted anew: upstream's. */
const RESYNC = 5 * 60_000;
/** Milliseconds until the next try to write a quota that others write too. */
const CONTENDED = 10;
/**
 * Milliseconds without a charge after which a count is believed that finds less than is charged: by then everything that
 * was charged is stored, or never will be.
 */
const QUIET = 10_000;
/** Milliseconds in which what went just before such a count is booked: then the quota has changed, and is counted again. */
const SETTLE = 1000;

/**
 * Counts what ResourceQuotas limit: when one is new or changed, a while after it was charged or given back to, and now and
 * then. In between the API server itself books what comes and goes; a count repairs what that missed.
 */
export const resourceQuotaController: Controller = {
  name: NAME,
  start: (dependencies) => new ResourceQuotaController(dependencies),
};

/** What is known of one quota besides its object. */
interface Known {
  /** When its use was last seen to change, on the monotonic clock. */
  changed: number;
  /** Whether it is to be counted: now, or when it has not changed for a while. */
  count: 'no' | 'now' | 'when quiet';
}

class ResourceQuotaController implements RunningController {
  readonly #dependencies: ControllerDependencies;
  readonly #quotas: Informer<ResourceQuota>;
  readonly #kinds: CountedKinds;
  readonly #queue: WorkQueue;
  readonly #abort = new AbortController();
  readonly #known = new Map<string, Known>();
  readonly #cleanup: (() => void)[] = [];
  readonly #ended: Promise<unknown>;

  constructor(dependencies: ControllerDependencies) {
    const { informers, clock, log } = dependencies;
    this.#dependencies = { ...dependencies, log: log.child({ controller: NAME }) };
    this.#queue = new WorkQueue(clock, undefined, dependencies.queues?.of(dependencies.queue ?? NAME));
    this.#quotas = informers.of<ResourceQuota>(quotaKind);
    this.#kinds = new CountedKinds(informers, () => this.#countAll());
    const deleted = (quota: ResourceQuota) => void this.#known.delete(keyOf(quota));
    const added = (quota: ResourceQuota) => this.#observe(quota);
    this.#cleanup.push(this.#quotas.listen({ added, updated: (now, old) => this.#observe(now, old), deleted }));
    const timer = clock.every(RESYNC, () => this.#countAll());
    this.#cleanup.push(() => timer.cancel());
    this.#ended = this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('the quota controller was stopped'));
    for (const end of this.#cleanup.splice(0)) end();
    this.#kinds.stop();
    this.#queue.close();
    await this.#ended;
  }

  #observe(quota: ResourceQuota, old?: ResourceQuota): void {
    const key = keyOf(quota);
    const known = this.#of(key);
    if (!old || !sameQuantities(old.status?.used, quota.status?.used)) {
      known.changed = this.#dependencies.clock.monotonic();
      this.#countWhenQuiet(key, known);
    }
    const countable = (name: string) => this.#kinds.covering([name]).length > 0;
    if (!old || !isCounted(quota, countable)) this.#countNow(key);
  }

  #of(key: string): Known {
    let known = this.#known.get(key);
    if (!known) this.#known.set(key, (known = { changed: -Infinity, count: 'no' }));
    return known;
  }

  #countNow(key: string): void {
    this.#of(key).count = 'now';
    this.#queue.add(key);
  }

  #countWhenQuiet(key: string, known: Known): void {
    if (known.count === 'no') known.count = 'when quiet';
    this.#queue.addAfter(key, Math.max(1, known.changed + QUIET - this.#dependencies.clock.monotonic()));
  }

  #countAll(): void {
    for (const quota of this.#quotas.list()) this.#countNow(keyOf(quota));
  }

  async #run(): Promise<void> {
    try {
      await this.#dependencies.informers.synced(this.#abort.signal, [this.#quotas]);
    } catch {
      return; // stopped before it began
    }
    await Promise.all(Array.from({ length: WORKERS }, () => this.#work()));
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      await this.#tend(key);
      this.#queue.done(key);
    }
  }

  async #tend(key: string): Promise<void> {
    try {
      await this.#update(key);
      this.#queue.forget(key);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      // Requests that charge the quota may be faster again and again: waiting longer would not help.
      if (isApiError(error, 'Conflict')) return this.#queue.addAfter(key, CONTENDED);
      const fields = { key, error: errorMessage(error), retryInMs: this.#queue.retry(key) };
      this.#dependencies.log.warn('counting what quotas limit failed', fields);
    }
  }

  async #update(key: string): Promise<void> {
    const known = this.#known.get(key);
    if (!known || known.count === 'no') return;
    const quota = await this.#dependencies.client.find(quotaKind, parseKey(key));
    if (!quota) return;
    const quiet = this.#isQuiet(quota, known);
    if (known.count === 'when quiet' && !quiet) return this.#countWhenQuiet(key, known);
    known.count = 'no';
    try {
      if (await this.#count(quota, quiet)) this.#countWhenQuiet(key, known);
    } catch (error) {
      known.count = 'now';
      throw error;
    }
  }

  /** Whether the quota has not changed for a while. What the informer has not brought yet has just happened. */
  #isQuiet(quota: ResourceQuota, { changed }: Known): boolean {
    const seen = this.#quotas.get(keyOf(quota));
    if (seen?.metadata.resourceVersion !== quota.metadata.resourceVersion) return false;
    return this.#dependencies.clock.monotonic() - changed >= QUIET;
  }

  /**
   * Counts, and writes what was found. A quota that has changed meanwhile is a conflict, and is counted again.
   * @returns whether it found less, which is not to be believed yet
   */
  async #count(quota: ResourceQuota, quiet: boolean): Promise<boolean> {
    const { client, clock } = this.#dependencies;
    const kinds = this.#kinds.covering(Object.keys(quota.spec?.hard ?? {}));
    const counted = await countUse(client, quota, kinds, clock.now());
    const { status, less } = afterCount(quota, counted, quiet);
    if (less && quiet) await sleep(clock, SETTLE, this.#abort.signal);
    await this.#write(quota, status);
    return less && !quiet;
  }

  async #write(quota: ResourceQuota, status: QuotaStatus): Promise<void> {
    if (sameStatus(quota.status, status)) return;
    await this.#dependencies.client.updateStatus(quotaKind, { ...quota, status });
  }
}
