import { expect } from 'chai';
import { node as nodeKind } from '../../src/api/core-v1/node.ts';
import { sizeStep } from '../../src/controllers/ttl.ts';
import { World } from './world.ts';

describe('ttl controller', () => {
  const cases: [number, number, number][] = [
    [0, 0, 0],
    [100, 0, 0],
    [101, 0, 1],
    [95, 1, 1],
    [89, 1, 0],
    [6000, 0, 4],
    [20_000, 0, 5],
    [10, 5, 0],
  ];
  for (const [nodes, before, step] of cases) {
    it(`${nodes} nodes after step ${before} are step ${step}`, () => expect(sizeStep(nodes, before)).to.equal(step));
  }

  it('writes the time on nodes, and on those where somebody changed it', async () => {
    const world = await World.start({ only: ['ttl-controller'], kubelet: false });
    const ttl = async () =>
      (await world.client.get(nodeKind, { name: 'n1' })).metadata.annotations?.['node.alpha.kubernetes.io/ttl'];
    await world.client.create(nodeKind, { metadata: { name: 'n1' } });
    await world.eventually(async () => expect(await ttl()).to.equal('0'));
    const annotations = { 'node.alpha.kubernetes.io/ttl': '7' };
    await world.client.patch(nodeKind, { name: 'n1' }, 'merge', { metadata: { annotations } });
    await world.eventually(async () => expect(await ttl()).to.equal('0'));
    await world.stop();
  });
});
