import { Cluster } from '../src/cluster/index.ts';
import { quantiles } from './load.ts';
import type { Figure } from './measure.ts';

const REPEATS = 5;

/** How long a whole cluster in this process takes to start, in milliseconds; the first start compiles the code. */
export async function inProcess(): Promise<Figure[]> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const started = performance.now();
    const cluster = await Cluster.start();
    times.push(performance.now() - started);
    await cluster.stop();
  }
  const note = `later ones ${quantiles(times.slice(1)).p50.toFixed(0)} ms`;
  return [{ name: 'Cluster.start(), first in the process', value: times[0]!, unit: 'ms', more: false, note }];
}
