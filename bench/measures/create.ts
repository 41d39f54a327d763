import { Connection } from '../connection.ts';
import { load, loadFigures } from '../load.ts';
import type { Figure, Measure } from '../measure.ts';
import { configMap } from '../objects.ts';

const CONNECTIONS = 16;

export const create: Measure = {
  name: 'create',
  async run(target, { seconds, namespace }) {
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const result = await load(target, {
      connections: CONNECTIONS,
      seconds,
      warmUp: 1,
      expect: 201,
      request: (n) => Connection.encode(target, 'POST', path, JSON.stringify(configMap(`c-${n}`))),
    });
    const cold: Figure = { name: 'create, in the first second', value: result.coldPerSecond, unit: '/s', more: true };
    return [...loadFigures('create', result), cold];
  },
};
