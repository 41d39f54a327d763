import { Connection } from '../connection.ts';
import { load, quantiles } from '../load.ts';
import type { Figure, Measure } from '../measure.ts';
import type { Target } from '../target.ts';
import { manyObjects } from './many-objects.ts';

const REPEATS = 5;

export const list: Measure = {
  name: 'list',
  async run(target, { seconds, namespace }) {
    const path = await manyObjects(target, namespace);
    return [
      await pages(target, path, seconds),
      await whole(target, `${path}?resourceVersion=0`),
      await whole(target, path),
    ];
  },
};

async function pages(target: Target, path: string, seconds: number): Promise<Figure> {
  const request = Connection.encode(target, 'GET', `${path}?limit=500`);
  const result = await load(target, { connections: 4, seconds, warmUp: 1, expect: 200, request: () => request });
  return {
    name: 'list limit=500',
    value: result.perSecond,
    unit: '/s',
    more: true,
    note: `${result.megabytes.toFixed(0)} MB/s`,
  };
}

/** The median time of several lists of everything. */
async function whole(target: Target, path: string): Promise<Figure> {
  const request = Connection.encode(target, 'GET', path);
  const connection = await Connection.open(target);
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const started = performance.now();
    await connection.send(request);
    times.push(performance.now() - started);
  }
  connection.close();
  const name = path.includes('resourceVersion=0') ? 'list of 30,000, resourceVersion=0' : 'list of 30,000';
  return { name, value: quantiles(times).p50, unit: 'ms', more: false };
}
