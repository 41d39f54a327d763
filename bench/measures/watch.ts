import type { Figure, Measure } from '../measure.ts';
import type { Target } from '../target.ts';
import { fanOut } from '../watchers.ts';

export const watch: Measure = {
  name: 'watch',
  async run(target, { namespace }) {
    return [
      ...(await measure(target, namespace, 1, 100)),
      ...(await measure(target, namespace, 200, 100)),
      ...(await measure(target, namespace, 200, 100, 1)),
      ...(await measure(target, namespace, 1000, 50)),
    ];
  },
};

async function measure(
  target: Target,
  namespace: string,
  watchers: number,
  rate: number,
  stalled = 0,
): Promise<Figure[]> {
  const result = await fanOut(target, { watchers, rate, events: rate * 4, namespace, stalled });
  const beside = stalled > 0 ? ` beside ${stalled} that reads nothing` : '';
  const name = `watch, ${watchers} watcher${watchers === 1 ? '' : 's'}${beside}, ${rate} events/s`;
  const note = `p50 ${result.p50.toFixed(1)} ms; ${result.delivered} of ${result.expected} delivered`;
  return [{ name: `${name}, p99`, value: result.p99, unit: 'ms', more: false, note }];
}
