import { resourceQuota, type ResourceQuota } from '../api/core-v1/resource-quota.ts';
import { addTo, amountsOf, noAmounts, quantitiesOf, type Amounts } from '../apimachinery/amounts.ts';
import { keyOf, type ObjectName } from '../apimachinery/object.ts';
import { zeroQuantity, type Quantity } from '../apimachinery/quantity.ts';
import type { AdmissionContext } from './plugin.ts';

/** Says what to add to what is used (less than nothing gives back), or throws when it may not be. */
export type Decision = (quota: ResourceQuota, used: Amounts) => Amounts;

interface Booking {
  readonly decide: Decision;
  readonly resolve: (booked: Amounts) => void;
  readonly reject: (error: unknown) => void;
}

type Outcome = { readonly booked: Amounts } | { readonly error: unknown };

/**
 * Books what is used in the status of quotas: by conditional writes, so that several servers together never book more
 * than there is. What comes in while a quota is being written is booked together with the next write, so that hundreds of
 * requests at once cost a few writes and none starves.
 */
export class QuotaLedger {
  readonly #waiting = new Map<string, Booking[]>();

  /** @returns what was booked: nothing when the quota is gone. @throws what `decide` throws */
  book(context: AdmissionContext, name: ObjectName, decide: Decision): Promise<Amounts> {
    const { promise, resolve, reject } = Promise.withResolvers<Amounts>();
    const booking = { decide, resolve, reject };
    const waiting = this.#waiting.get(keyOf(name));
    if (waiting) waiting.push(booking);
    else {
      this.#waiting.set(keyOf(name), [booking]);
      void this.#work(context, name);
    }
    return promise;
  }

  async #work(context: AdmissionContext, name: ObjectName): Promise<void> {
    const key = keyOf(name);
    for (let batch = this.#waiting.get(key)!; batch.length > 0; batch = this.#waiting.get(key)!) {
      this.#waiting.set(key, []);
      await write(context, name, batch);
    }
    this.#waiting.delete(key);
  }
}

async function write(context: AdmissionContext, name: ObjectName, batch: readonly Booking[]): Promise<void> {
  let outcomes: readonly Outcome[] = [];
  try {
    await context.update(resourceQuota, name, (quota) => {
      const used = amountsOf(quota.status?.used);
      outcomes = batch.map(({ decide }) => enter(quota, used, decide));
      const changed = outcomes.some((outcome) => 'booked' in outcome && outcome.booked.size > 0);
      return changed ? { ...quota, status: { ...quota.status, used: quantitiesOf(used) } } : undefined;
    });
  } catch (error) {
    outcomes = batch.map(() => ({ error }));
  }
  batch.forEach(({ resolve, reject }, i) => {
    const outcome = outcomes[i] ?? { booked: noAmounts };
    if ('error' in outcome) reject(outcome.error);
    else resolve(outcome.booked);
  });
}

/** Decides one booking and adds it to `used`, which never falls below nothing. */
function enter(quota: ResourceQuota, used: Map<string, Quantity>, decide: Decision): Outcome {
  try {
    const booked = decide(quota, used);
    addTo(used, booked);
    for (const resource of booked.keys()) if (used.get(resource)!.nanos < 0n) used.set(resource, zeroQuantity);
    return { booked };
  } catch (error) {
    return { error };
  }
}
