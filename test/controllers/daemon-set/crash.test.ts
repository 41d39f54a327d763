import { expect } from 'chai';
import { controllerRevision } from '../../../src/api/apps-v1/controller-revision.ts';
import { daemonSet, type DaemonSet } from '../../../src/api/apps-v1/daemon-set.ts';
import { node as nodeKind } from '../../../src/api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../../src/api/core-v1/pod.ts';
import type { Client } from '../../../src/client/client.ts';
import { crashTest } from '../crash-test.ts';
import { template } from '../objects.ts';

const name = { namespace: 'default', name: 'web' };

describe('daemon set controller: crashes', () => {
  const setUp = (rollingUpdate: object) => async (client: Client) => {
    for (const one of ['n1', 'n2']) {
      await client.create(nodeKind, { metadata: { name: one } });
      await client.patch(nodeKind, { name: one }, 'merge', { spec: { taints: null } });
    }
    await client.create(daemonSet, {
      metadata: name,
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: template('nginx:1'),
        updateStrategy: { type: 'RollingUpdate', rollingUpdate },
        revisionHistoryLimit: 1,
      },
    });
  };
  const change = (image: string) => (client: Client) =>
    client.patch(daemonSet, name, 'merge', { spec: { template: template(image) } });

  const cases: [string, object][] = [
    ['one after the other', { maxUnavailable: 1 }],
    ['with surge', { maxUnavailable: 0, maxSurge: 2 }],
  ];
  for (const [way, rollingUpdate] of cases) {
    it(`survives any during a rollout ${way}`, async function () {
      this.timeout(60_000);
      const { writes } = await crashTest({
        name: `rollout ${way}`,
        controllers: ['daemonset-controller'],
        setUp: setUp(rollingUpdate),
        act: [
          change('nginx:2'),
          // Back again, while a node goes.
          async (client) => {
            await change('nginx:1')(client);
            await client.patch(nodeKind, { name: 'n2' }, 'merge', {
              spec: { taints: [{ key: 'a', effect: 'NoExecute' }] },
            });
          },
        ],
        kinds: [daemonSet, controllerRevision, podKind],
        check: ([sets, revisions, pods]) => {
          const { status } = sets![0] as unknown as DaemonSet;
          expect(status).to.include({ numberAvailable: 1, updatedNumberScheduled: 1, observedGeneration: '<newest>' });
          expect(revisions!.map((one) => one.revision).sort()).to.deep.equal([2, 3]);
          const on = pods!.map((one) => (one as unknown as Pod).spec?.nodeName).sort();
          expect(on).to.deep.equal(['n1']);
        },
      });
      expect(writes.length).to.be.greaterThan(20);
    });
  }
});
