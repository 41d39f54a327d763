import type { Measure } from '../measure.ts';
import { residentMemory } from '../target.ts';
import { manyObjects } from './many-objects.ts';

/** What the server has in memory with the objects that the lists need, and with what was stored and asked before. */
export const memory: Measure = {
  name: 'memory',
  async run(target, { namespace }) {
    if (target.pid === undefined) return [];
    await manyObjects(target, namespace);
    const resident = residentMemory(target.pid);
    return resident === undefined
      ? []
      : [{ name: 'resident memory after 30,000 ConfigMaps', value: resident, unit: 'MB', more: false }];
  },
};
