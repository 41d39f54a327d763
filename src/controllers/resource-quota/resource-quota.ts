import { countedResources, quotaUse } from '../../api/core-v1/quota.ts';
import { resourceQuota as quotaKind, type ResourceQuota } from '../../api/core-v1/resource-quota.ts';
import { sameQuantities } from '../../api/meta-v1/quantities.ts';
import { difference, filterAmounts } from '../../apimachinery/amounts.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { gvkKey, type Kind } from '../../apimachinery/kind.ts';
import { keyOf, parseKey, type KubeObject } from '../../apimachinery/object.ts';
import { errorMessage } from '../../base/log.ts';
import type { Controller, ControllerDependencies, RunningController } from '../../client/controller.ts';
import type { Informer } from '../../client/informer.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { CountedKinds } from './counted-kinds.ts';
import { countUse } from './count.ts';
import { afterCount, afterReturns, isCounted, sameStatus, type QuotaStatus, type Return } from './status.ts';

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

/**
 * Keeps the status of ResourceQuotas: counts what there is when a quota is new or changed and now and then, and gives back
 * what objects used that go or become less. What is new is charged by admission, before it is stored.
 */
export const resourceQuotaController: Controller = {
  name: NAME,
  start: (dependencies) => new ResourceQuotaController(dependencies),
};

/** What is known of one quota besides its object. */
interface Known {
  /** When its use was last seen to change, on the monotonic clock. */
  changed: number;
  /** What is to be given back. */
  returned: Return[];
  /** Whether it is to be counted: now, or when it has not been charged for a while. */
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
    this.#queue = new WorkQueue(clock, undefined, dependencies.queues?.of(NAME));
    this.#kinds = new CountedKinds(
      this.#dependencies,
      (kind, old, now) => this.#collect(kind, old, now),
      () => this.#countAll(),
    );
    this.#quotas = informers.of<ResourceQuota>(quotaKind);
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
    const known = this.#of(keyOf(quota));
    if (!old || !sameQuantities(old.status?.used, quota.status?.used))
      known.changed = this.#dependencies.clock.monotonic();
    const resources = Object.keys(quota.spec?.hard ?? {});
    const kinds = this.#kinds.covering(resources);
    for (const kind of kinds) this.#kinds.watch(kind);
    const countable = (name: string) => this.#kinds.covering([name]).length > 0;
    if (!old || !isCounted(quota, countable)) this.#askToCount(keyOf(quota));
  }

  #of(key: string): Known {
    let known = this.#known.get(key);
    if (!known) this.#known.set(key, (known = { changed: -Infinity, returned: [], count: 'no' }));
    return known;
  }

  #askToCount(key: string): void {
    this.#of(key).count = 'now';
    this.#queue.add(key);
  }

  #countAll(): void {
    for (const quota of this.#quotas.list()) {
      this.#observe(quota, quota);
      this.#askToCount(keyOf(quota));
    }
  }

  /** Notes what an object gives back that is gone or has changed. A change can also take it out of a quota's scopes. */
  #collect(kind: Kind, old: KubeObject, now?: KubeObject): void {
    for (const quota of this.#quotas.list(old.metadata.namespace)) {
      const key = keyOf(quota);
      const before = countedResources(quota, kind, old);
      const stays = now !== undefined && countedResources(quota, kind, now).length > 0;
      if (before.length === 0) {
        if (stays) this.#askToCount(key); // it came into the scopes, where nothing has charged it
        continue;
      }
      const amounts = this.#returnedBy(kind, before, old, stays ? now : undefined);
      if (amounts.size === 0) continue;
      const revision = Number((now ?? old).metadata.resourceVersion);
      this.#of(key).returned.push({ kind: gvkKey(kind), revision, amounts });
      this.#queue.add(key);
    }
  }

  #returnedBy(kind: Kind, names: readonly string[], old: KubeObject, now?: KubeObject) {
    const time = this.#dependencies.clock.now();
    const before = quotaUse(kind, old, time);
    const rest = now ? difference(before, quotaUse(kind, now, time)) : before;
    return filterAmounts(rest, (name, { nanos }) => nanos > 0n && names.includes(name));
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

  /** Writes what is known to be so. A quota that was charged meanwhile is a conflict, and is looked at again. */
  async #update(key: string): Promise<void> {
    const { client, clock } = this.#dependencies;
    const known = this.#known.get(key);
    const quota = known && (await client.find(quotaKind, parseKey(key)));
    if (!quota) return;
    const returned = [...known.returned];
    const quiet = this.#isQuiet(quota, known);
    const wish = known.count;
    const counting = wish === 'now' || (wish === 'when quiet' && quiet);
    if (counting) known.count = 'no';
    try {
      const again = counting ? await this.#count(quota, returned, quiet) : await this.#giveBack(quota, returned);
      if (again && known.count === 'no') known.count = 'when quiet';
    } catch (error) {
      if (counting) known.count = 'now';
      throw error;
    }
    known.returned = known.returned.filter((one) => !returned.includes(one));
    if (known.count === 'when quiet') this.#queue.addAfter(key, Math.max(1, known.changed + QUIET - clock.monotonic()));
  }

  /** Whether the quota was not charged for a while. What the informer has not brought yet has just changed. */
  #isQuiet(quota: ResourceQuota, { changed }: Known): boolean {
    const seen = this.#quotas.get(keyOf(quota));
    if (seen?.metadata.resourceVersion !== quota.metadata.resourceVersion) return false;
    return this.#dependencies.clock.monotonic() - changed >= QUIET;
  }

  /** @returns whether it should be counted once more */
  async #count(quota: ResourceQuota, returned: readonly Return[], quiet: boolean): Promise<boolean> {
    const { client, clock } = this.#dependencies;
    const kinds = this.#kinds.covering(Object.keys(quota.spec?.hard ?? {}));
    const count = await countUse(client, quota, kinds, clock.now());
    const { status, unsettled } = afterCount(quota, returned, count, quiet);
    await this.#write(quota, status);
    // What was created while a new quota was not counted yet was not charged either.
    return unsettled || !sameQuantities(quota.status?.hard, status.hard);
  }

  /** @returns false: counting would find the same */
  async #giveBack(quota: ResourceQuota, returned: readonly Return[]): Promise<boolean> {
    await this.#write(quota, afterReturns(quota, returned));
    return false;
  }

  async #write(quota: ResourceQuota, status: QuotaStatus): Promise<void> {
    if (sameStatus(quota.status, status)) return;
    await this.#dependencies.client.updateStatus(quotaKind, { ...quota, status });
  }
}
