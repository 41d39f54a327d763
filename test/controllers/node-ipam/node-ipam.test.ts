import { expect } from 'chai';
import { event } from '../../../src/api/core-v1/event.ts';
import { node as nodeKind } from '../../../src/api/core-v1/node.ts';
import { nodeIpamController } from '../../../src/controllers/node-ipam/node-ipam.ts';
import type { NodeRanges } from '../../../src/controllers/node-ipam/range-slots.ts';
import { crashTest } from '../crash-test.ts';
import { World } from '../world.ts';

describe('node IPAM controller', () => {
  let world: World;
  const start = async (ranges: NodeRanges, controlled = true) => {
    const name = 'node-ipam-controller';
    world = await World.start({ only: [name], controllers: [nodeIpamController(ranges)], kubelet: false, controlled });
  };
  afterEach(() => world.stop());

  const create = (name: string, ...podCIDRs: string[]) =>
    world.client.create(nodeKind, { metadata: { name }, ...(podCIDRs.length && { spec: { podCIDRs } }) });
  const ranges = async () => {
    const { items } = await world.client.list(nodeKind);
    return Object.fromEntries(items.map(({ metadata, spec }) => [metadata.name, spec?.podCIDRs?.join() ?? '']));
  };
  const eventually = (wanted: Record<string, string>) =>
    world.eventually(async () => expect(await ranges()).to.deep.equal(wanted));

  it('gives nodes the first ranges that nobody has, and what nodes bring stays theirs', async () => {
    await start({ clusterCidr: '10.244.0.0/16', serviceCidrs: ['10.244.2.0/24'] });
    await create('own', '10.244.1.0/24');
    await create('wide', '10.244.4.0/23');
    for (const name of ['a', 'b', 'c', 'd']) {
      await create(name);
      await world.eventually(async () => expect((await ranges())[name]).not.to.equal(''));
    }
    await eventually({
      own: '10.244.1.0/24',
      wide: '10.244.4.0/23',
      a: '10.244.0.0/24',
      b: '10.244.3.0/24',
      c: '10.244.6.0/24',
      d: '10.244.7.0/24',
    });
    expect((await world.client.get(nodeKind, { name: 'a' })).spec?.podCIDR).to.equal('10.244.0.0/24');
  });

  it('gives a range of each family', async () => {
    await start({ clusterCidr: '10.1.0.0/16,fd00:1::/48', maskSize: { 4: 26, 6: 64 } });
    await create('a');
    await eventually({ a: '10.1.0.0/26,fd00:1::/64' });
    await create('b');
    await eventually({ a: '10.1.0.0/26,fd00:1::/64', b: '10.1.0.64/26,fd00:1:0:1::/64' });
  });

  it('tells of nodes for which there is no room, and gives them what others leave', async () => {
    await start({ clusterCidr: '10.1.0.0/23' });
    await create('a');
    await create('b');
    await world.eventually(async () => expect(Object.values(await ranges()).sort()).to.deep.equal(['10.1.0.0/24', '10.1.1.0/24'])); // prettier-ignore
    await create('c');
    await world.eventually(async () => {
      const { items } = await world.client.list(event);
      const told = items.map(({ type, reason, message, involvedObject }) => [
        involvedObject.name,
        type,
        reason,
        message,
      ]);
      expect(told).to.deep.equal([['c', 'Normal', 'CIDRNotAvailable', 'Node c status is now: CIDRNotAvailable']]);
    });
    const left = (await ranges())['a']!;
    await world.client.delete(nodeKind, { name: 'a' });
    await world.eventually(async () => expect((await ranges())['c']).to.equal(left));
  });

  it('gives no range twice, however many nodes come at once', async () => {
    await start({ clusterCidr: '10.244.0.0/16' });
    await Promise.all(Array.from({ length: 60 }, (_, i) => create(`n${i}`)));
    await world.eventually(async () => expect(Object.values(await ranges())).not.to.include(''));
    expect(new Set(Object.values(await ranges())).size).to.equal(60);
  });

  it('goes on with what nodes have when it starts', async () => {
    await start({ clusterCidr: '10.244.0.0/16' }, false);
    await create('a', '10.244.0.0/24');
    await create('b');
    await world.startControllers();
    await eventually({ a: '10.244.0.0/24', b: '10.244.1.0/24' });
  });
});

describe('node IPAM controller that dies', () => {
  it('comes to the same end whenever it dies', async () => {
    await crashTest({
      name: 'two nodes, and a third for which there is no room before one of them goes',
      controllers: [nodeIpamController({ clusterCidr: '10.9.0.0/23' })],
      act: [
        (client) => client.create(nodeKind, { metadata: { name: 'a' } }),
        (client) => client.create(nodeKind, { metadata: { name: 'b' } }),
        (client) => client.create(nodeKind, { metadata: { name: 'c' } }),
        (client) => client.delete(nodeKind, { name: 'a' }),
      ],
      kinds: [nodeKind],
      check: ([nodes]) =>
        expect(
          Object.fromEntries(nodes!.map(({ metadata, spec }: any) => [metadata.name, spec.podCIDR])),
        ).to.deep.equal({
          b: '10.9.1.0/24',
          c: '10.9.0.0/24',
        }),
    });
  }).timeout(20_000);
});
