import type { Plugin } from '../plugin.ts';

/** A pod with gates waits until all are removed. */
export const schedulingGates: Plugin = {
  name: 'SchedulingGates',
  admit: (pod) => (pod.spec.schedulingGates ?? []).length === 0,
};
