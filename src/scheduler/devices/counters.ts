import { parseQuantity, type Quantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import { deviceId, type Device, type SliceDevice } from './device.ts';
import type { Pool } from './pools.ts';

/** What is left of the counters that devices of a pool share: of a card that can be divided in several ways. */
export class Counters {
  readonly #left = new Map<string, Quantity>();

  /** @param inUse what is taken already, by the id of the device */
  constructor(pools: readonly Pool[], inUse: (id: string) => boolean) {
    for (const pool of pools) {
      const { driver, name } = pool;
      for (const [counter, value] of pool.counters) this.#left.set(keyOf(pool, counter), parseQuantity(value));
      if (pool.counters.size === 0) continue;
      const used = pool.definitions.filter((device) => inUse(deviceId({ driver, pool: name, device: device.name })));
      for (const definition of used) this.#change({ driver, pool: name }, definition, -1n);
    }
  }

  /** Whether enough is left for the device. */
  suffice(device: Device): boolean {
    return needs(device.definition).every(([counter, amount]) => {
      const left = this.#left.get(`${device.driver}/${device.pool}/${counter}`);
      return left !== undefined && left.compare(parseQuantity(amount)) >= 0;
    });
  }

  take(device: Device): void {
    this.#change(device, device.definition, -1n);
  }

  giveBack(device: Device): void {
    this.#change(device, device.definition, 1n);
  }

  #change(of: { driver: string; pool: string }, definition: SliceDevice, sign: 1n | -1n): void {
    for (const [counter, amount] of needs(definition)) {
      const key = `${of.driver}/${of.pool}/${counter}`;
      const left = this.#left.get(key) ?? zeroQuantity;
      const quantity = parseQuantity(amount);
      this.#left.set(key, sign > 0 ? left.add(quantity) : left.subtract(quantity));
    }
  }
}

function keyOf({ driver, name }: Pool, counter: string): string {
  return `${driver}/${name}/${counter}`;
}

/** What a device takes: `set/counter` and a written quantity. */
function needs({ consumesCounters = [] }: SliceDevice): [string, string][] {
  return consumesCounters.flatMap(({ counterSet, counters }) =>
    Object.entries(counters).map(([name, { value }]): [string, string] => [`${counterSet}/${name}`, value]),
  );
}
