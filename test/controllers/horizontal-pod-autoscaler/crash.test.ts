import { expect } from 'chai';
import { deployment } from '../../../src/api/apps-v1/deployment.ts';
import { horizontalPodAutoscaler } from '../../../src/api/autoscaling-v2/horizontal-pod-autoscaler.ts';
import { crashTest } from '../crash-test.ts';
import { template } from '../objects.ts';

const name = { namespace: 'default', name: 'web' };

describe('horizontal pod autoscaler controller: crashes', () => {
  it('do not keep a target from its size', () =>
    crashTest({
      name: 'autoscaling',
      controllers: ['horizontal-pod-autoscaler-controller'],
      setUp: async (client, world) => {
        const items = [{ value: '35' }];
        world.answer = (_, url) => (url.startsWith('/apis/external.metrics.k8s.io/') ? { items } : undefined);
        await client.create(deployment, {
          metadata: name,
          spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template: template() },
        });
      },
      act: [
        (client) =>
          client.create(horizontalPodAutoscaler, {
            metadata: name,
            spec: {
              scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
              maxReplicas: 10,
              metrics: [
                {
                  type: 'External',
                  external: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '10' } },
                },
              ],
            },
          }),
      ],
      kinds: [deployment],
      quiet: 40_000,
      check: ([found]) => expect((found![0] as { spec?: object }).spec).to.include({ replicas: 4 }),
    }));
});
