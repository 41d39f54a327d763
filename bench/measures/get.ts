import { Connection } from '../connection.ts';
import { load, loadFigures } from '../load.ts';
import type { Figure, Measure } from '../measure.ts';
import { configMap } from '../objects.ts';
import type { Target } from '../target.ts';

const CONNECTIONS = 16;

export const get: Measure = {
  name: 'get',
  async run(target, { seconds, namespace }) {
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const connection = await Connection.open(target);
    await connection.json('POST', path, configMap('read-me'));
    connection.close();
    return [
      ...(await measure(target, 'get, linearizable', `${path}/read-me`, seconds)),
      ...(await measure(target, 'get, resourceVersion=0', `${path}/read-me?resourceVersion=0`, seconds)),
    ];
  },
};

async function measure(target: Target, name: string, path: string, seconds: number): Promise<Figure[]> {
  const request = Connection.encode(target, 'GET', path);
  const result = await load(target, {
    connections: CONNECTIONS,
    seconds,
    warmUp: 1,
    expect: 200,
    request: () => request,
  });
  return loadFigures(name, result);
}
