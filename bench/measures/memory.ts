import type { Measure } from '../measure.ts';
import { residentMemory } from '../target.ts';

/** What the server has in memory after the objects that the lists need, and what was stored before. */
export const memory: Measure = {
  name: 'memory',
  async run(target) {
    const resident = target.pid === undefined ? undefined : residentMemory(target.pid);
    return resident === undefined
      ? []
      : [{ name: 'resident memory after 30,000 ConfigMaps', value: resident, unit: 'MB', more: false }];
  },
};
