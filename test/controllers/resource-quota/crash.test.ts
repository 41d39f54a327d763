import { expect } from 'chai';
import { configMap } from '../../../src/api/core-v1/config-map.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { resourceQuota } from '../../../src/api/core-v1/resource-quota.ts';
import type { Client } from '../../../src/client/client.ts';
import { crashTest } from '../crash-test.ts';

const at = (name: string) => ({ namespace: 'default', name });
const run = (client: Client, name: string, gpus: string) =>
  client.create(pod, {
    metadata: at(name),
    spec: {
      containers: [
        {
          name: 'c',
          image: 'i',
          resources: { requests: { cpu: '100m', 'example.com/gpu': gpus }, limits: { 'example.com/gpu': gpus } },
        },
      ],
    },
  });

describe('resource quota controller: crashes', () => {
  it('are survived, whatever came and went meanwhile', () =>
    crashTest({
      name: 'quota',
      controllers: ['resourcequota-controller'],
      setUp: async (client) => {
        for (const name of ['p1', 'p2', 'p3']) await run(client, name, '2');
        const hard = { 'requests.cpu': '1', 'requests.example.com/gpu': '8', pods: '4', 'count/configmaps': '9' };
        await client.create(resourceQuota, { metadata: at('q'), spec: { hard } });
      },
      act: [
        (client) => run(client, 'p4', '1'),
        (client) => client.delete(pod, at('p1'), { gracePeriodSeconds: 0 }),
        (client) => client.create(configMap, { metadata: at('c') }),
        (client) => client.patch(resourceQuota, at('q'), 'merge', { spec: { hard: { secrets: '5' } } }),
      ],
      kinds: [resourceQuota, pod],
      check: ([quotas, pods]) => {
        expect(pods).to.have.length(3);
        expect(quotas![0]!.status.used).to.deep.equal({
          'requests.cpu': '300m',
          'requests.example.com/gpu': '5',
          pods: '3',
          'count/configmaps': '1',
          secrets: '0',
        });
      },
    }));
});
