import { expect } from 'chai';
import { node as nodeKind } from '../../../src/api/core-v1/node.ts';
import { pod as podKind } from '../../../src/api/core-v1/pod.ts';
import { surplusPods } from '../../../src/controllers/pod-garbage-collector/ended.ts';
import { podGarbageCollectorOf } from '../../../src/controllers/pod-garbage-collector/pod-garbage-collector.ts';
import { aPod, template } from '../objects.ts';
import { World } from '../world.ts';

describe('pod garbage collector: surplus', () => {
  const ended = [
    aPod({ name: 'young', phase: 'Failed', age: 10 }),
    aPod({ name: 'old', phase: 'Succeeded', age: 100 }),
    aPod({ name: 'evicted', phase: 'Failed', age: 20 }),
    aPod({ name: 'going', phase: 'Failed', age: 500, deleting: true }),
  ];
  ended[2]!.status!.reason = 'Evicted';
  const cases: [number, string[]][] = [
    [5, []],
    [3, []],
    [2, ['evicted']],
    [1, ['evicted', 'old']],
    [0, ['evicted', 'old', 'young']],
  ];
  for (const [threshold, names] of cases) {
    it(`of ${threshold} allowed: ${names.join() || 'none'}`, () =>
      expect(surplusPods(ended, threshold).map(({ metadata }) => metadata.name)).to.deep.equal(names));
  }
});

describe('pod garbage collector', () => {
  let world: World;
  beforeEach(async () => {
    const controllers = [podGarbageCollectorOf(2)];
    world = await World.start({ controllers, only: ['pod-garbage-collector-controller'], kubelet: false });
  });
  afterEach(() => world.stop());

  const create = (name: string, nodeName?: string, finalizers?: string[]) =>
    world.client.create(podKind, {
      metadata: { namespace: 'default', name, ...(finalizers && { finalizers }) },
      spec: { ...template().spec, ...(nodeName && { nodeName }) },
    });
  const names = async () => (await world.client.list(podKind)).items.map(({ metadata }) => metadata.name);
  const find = (name: string) => world.client.find(podKind, { namespace: 'default', name });

  it('removes the oldest pods that have ended', async () => {
    for (const name of ['a', 'b', 'c', 'd']) {
      const one = await create(name);
      if (name !== 'd') await world.ready(one, false, 'Succeeded');
      await world.settle(1000);
    }
    await world.settle(40_000);
    expect(await names()).to.deep.equal(['b', 'c', 'd']);
  });

  it('ends pods that were deleted without a node', async () => {
    await create('held', undefined, ['example.com/hold']);
    await world.client.delete(podKind, { namespace: 'default', name: 'held' });
    await world.eventually(async () => {
      const held = await find('held');
      expect(held?.status?.phase).to.equal('Failed');
      expect(held?.metadata.deletionGracePeriodSeconds).to.equal(0);
    });
    const { resourceVersion } = (await find('held'))!.metadata;
    await world.settle(60_000);
    expect((await find('held'))!.metadata.resourceVersion).to.equal(resourceVersion);
  });

  it('removes the pods of a node that stays away, and says on them why', async () => {
    await create('lost', 'gone', ['example.com/hold']);
    await world.settle(30_000);
    expect((await find('lost'))!.metadata.deletionTimestamp).to.equal(undefined);
    await world.settle(15_000);
    await world.eventually(async () => {
      const lost = await find('lost');
      expect(lost?.metadata.deletionTimestamp).to.be.a('string');
      expect(lost?.status?.phase).to.equal('Failed');
      const [condition] = lost!.status!.conditions!.filter(({ type }) => type === 'DisruptionTarget');
      expect(condition).to.include({ reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' });
    });
  });

  it('leaves the pods of a node that comes back', async () => {
    await create('kept', 'late');
    await world.settle(30_000);
    await world.client.create(nodeKind, { metadata: { name: 'late' } });
    await world.settle(60_000);
    expect(await names()).to.deep.equal(['kept']);
  });

  it('ends pods under deletion on nodes that are out of service', async () => {
    await world.client.create(nodeKind, { metadata: { name: 'n1' } });
    await create('ending', 'n1');
    await create('running', 'n1');
    await world.client.delete(podKind, { namespace: 'default', name: 'ending' });
    await world.settle(1000);
    expect(await names()).to.include('ending');
    const taints = [{ key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' }];
    await world.client.patch(nodeKind, { name: 'n1' }, 'merge', { spec: { taints } });
    await world.eventually(async () => expect(await names()).to.deep.equal(['running']));
  });
});
