import type { Measure } from '../measure.ts';
import { residentMemory } from '../target.ts';

/** What the server has in memory after all that was stored before. */
export const memory: Measure = {
  name: 'memory',
  async run(target) {
    const resident = target.pid === undefined ? undefined : residentMemory(target.pid);
    return resident === undefined
      ? []
      : [{ name: 'resident memory after all', value: resident, unit: 'MB', more: false }];
  },
};
