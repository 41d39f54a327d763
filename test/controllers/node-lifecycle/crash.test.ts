import { expect } from 'chai';
import { node } from '../../../src/api/core-v1/node.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import type { Client } from '../../../src/client/client.ts';
import { formatTime } from '../../../src/apimachinery/time.ts';
import { crashTest } from '../crash-test.ts';
import type { World } from '../world.ts';

const condition = (type: string, status: string, { clock }: World) => {
  const time = formatTime(clock.now());
  return { type, status, reason: 'Test', lastHeartbeatTime: time, lastTransitionTime: time };
};

async function makeNode(client: Client, world: World): Promise<void> {
  const labels = { 'kubernetes.io/os': 'linux' };
  const made = await client.create(node, { metadata: { name: 'n1', labels }, spec: { unschedulable: true } });
  const conditions = [condition('Ready', 'True', world), condition('DiskPressure', 'True', world)];
  await client.updateStatus(node, { ...made, status: { conditions } });
}

const makePod = (client: Client, name: string, tolerations: object[]) =>
  client.create(pod, {
    metadata: { namespace: 'default', name },
    spec: { containers: [{ name: 'c', image: 'i' }], tolerations } as any,
  });

describe('nodes: crashes', () => {
  it('are survived while a node falls silent', () =>
    crashTest({
      name: 'silent node',
      controllers: ['node-lifecycle-controller'],
      setUp: async (client, world) => {
        await makeNode(client, world);
        for (const name of ['p1', 'p2']) await makePod(client, name, []);
      },
      kinds: [node, pod],
      quiet: 70_000,
      check: ([nodes, pods]) => {
        const keys = nodes![0]!.spec.taints.map(({ key }: { key: string }) => key.split('/')[1]);
        expect(keys).to.have.members(['unschedulable', 'unreachable']);
        expect(pods).to.have.length(2);
        for (const one of pods!) expect(JSON.stringify(one.status.conditions)).not.to.include('"True","type":"Ready"');
      },
    }));

  it('are survived while pods are driven away', () =>
    crashTest({
      name: 'taint',
      controllers: ['taint-eviction-controller'],
      setUp: async (client, world) => {
        await makeNode(client, world);
        const tolerates = { key: 'x', operator: 'Exists' };
        await makePod(client, 'stays', [tolerates]);
        await makePod(client, 'later', [{ ...tolerates, effect: 'NoExecute', tolerationSeconds: 60 }]);
        await makePod(client, 'goes', []);
      },
      act: [
        (client) =>
          client.patch(node, { name: 'n1' }, 'merge', { spec: { taints: [{ key: 'x', effect: 'NoExecute' }] } }),
      ],
      kinds: [node, pod],
      quiet: 70_000,
      check: ([, pods]) => expect(pods!.map(({ metadata }) => metadata.name)).to.deep.equal(['stays']),
    }));
});
