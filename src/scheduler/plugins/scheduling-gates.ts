import type { Plugin } from '../plugin.ts';

/** A pod with gates waits until all are removed. */
export const schedulingGates: Plugin = {
  name: 'SchedulingGates',
  preEnqueue({ spec }) {
    const gates = (spec.schedulingGates ?? []).map(({ name }) => name);
    if (gates.length === 0) return undefined;
    return { reasons: [`waiting for scheduling gates: [${gates.join(' ')}]`], unresolvable: true };
  },
};
