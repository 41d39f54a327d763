import { Connection } from '../connection.ts';
import { load } from '../load.ts';
import type { Measure } from '../measure.ts';
import { configMap } from '../objects.ts';

const CONNECTIONS = 16;

export const create: Measure = {
  name: 'create',
  async run(target, { seconds, namespace }) {
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const result = await load(target, {
      connections: CONNECTIONS,
      seconds,
      expect: 201,
      request: (n) => Connection.encode(target, 'POST', path, JSON.stringify(configMap(`c-${n}`))),
    });
    const note = `p50 ${result.p50.toFixed(1)} ms, p99 ${result.p99.toFixed(1)} ms`;
    return [{ name: 'create', value: result.perSecond, unit: '/s', more: true, note }];
  },
};
