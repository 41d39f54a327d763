import { expect } from 'chai';
import { deployment } from '../../src/api/apps-v1/deployment.ts';
import { statefulSet } from '../../src/api/apps-v1/stateful-set.ts';
import { event } from '../../src/api/core-v1/event.ts';
import { node } from '../../src/api/core-v1/node.ts';
import { pod, type Pod } from '../../src/api/core-v1/pod.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Cluster } from '../../src/cluster/index.ts';

describe('Cluster: a node that is switched off', () => {
  let clock: VirtualClock;
  let cluster: Cluster;
  beforeEach(async () => {
    clock = new VirtualClock();
    cluster = await Cluster.start({ clock, nodes: 3, listen: false });
  });
  afterEach(() => cluster.stop());

  const web = {
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      replicas: 6,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  };
  /** Lets seconds pass until `check` is true, which must be within `limit` of them. */
  async function within(limit: number, check: () => Promise<boolean>): Promise<number> {
    for (let second = 0; second <= limit; second++) {
      if (await check()) return second;
      await clock.advance(1000, turns);
    }
    throw new Error(`not within ${limit} seconds`);
  }
  async function turns(): Promise<void> {
    for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
  }
  const pods = async () => (await cluster.client.list(pod, { namespace: 'default' })).items;
  const onNode = async (name: string) => (await pods()).filter((one) => one.spec?.nodeName === name);
  const isReady = (one: Pod | Awaited<ReturnType<typeof theNode>>) =>
    ((one.status?.conditions ?? []) as { type: string; status: string }[]).some(
      (c) => c.type === 'Ready' && c.status === 'True',
    );
  const theNode = (name: string) => cluster.client.get(node, { name });
  const running = async () =>
    (await pods()).filter((one) => !one.metadata.deletionTimestamp && isReady(one)).length === 6;

  it('is noticed after 50 seconds, loses its pods after five minutes more, and keeps them Terminating', async () => {
    await cluster.client.create(deployment, web);
    await within(30, running);
    const lost = await onNode('node-2');
    expect(lost.length).to.be.greaterThan(0);
    await cluster.stopNode('node-2');
    const noticed = await within(70, async () => !isReady(await theNode('node-2')));
    expect(noticed).to.be.within(39, 61);
    await within(5, async () => (await onNode('node-2')).every((one) => !isReady(one)));
    const evicted = await within(330, async () =>
      (await onNode('node-2')).every((one) => one.metadata.deletionTimestamp),
    );
    expect(evicted).to.be.within(290, 310);
    await within(60, running);
    // Nobody knows whether they still run, so they stay until the node is back.
    expect((await onNode('node-2')).map((one) => one.metadata.uid)).to.have.members(
      lost.map((one) => one.metadata.uid),
    );
    await cluster.startNode('node-2');
    await within(90, async () => isReady(await theNode('node-2')) && (await onNode('node-2')).length === 0);
    expect((await theNode('node-2')).spec?.taints ?? []).to.deep.equal([]);
  });

  it('says at once that it lives when it is taken for dead, and tells what becomes of it', async () => {
    const found = await theNode('node-1');
    const dead = found.status!.conditions!.map((condition) => ({ ...condition, status: 'Unknown' }));
    await cluster.client.patch(
      node,
      found.metadata,
      'merge',
      { status: { conditions: dead } },
      { subresource: 'status' },
    );
    await within(5, async () => isReady(await theNode('node-1')));
    await cluster.client.patch(node, found.metadata, 'merge', { spec: { unschedulable: true } });
    const told = async () => {
      const { items } = await cluster.client.list(event, { namespace: 'default' });
      return items
        .filter((one) => one.involvedObject.name === 'node-1')
        .map(({ reason, count }) => `${reason} ${count}`);
    };
    const expected = [
      'Starting 1',
      'NodeReady 2',
      'NodeHasSufficientMemory 2',
      'NodeNotSchedulable 1',
      'RegisteredNode 1',
    ];
    await within(5, async () => {
      const reasons = await told();
      return expected.every((reason) => reasons.includes(reason));
    });
  });

  it('keeps the names of its stateful pods: nobody else gets them while those might still run', async () => {
    const { spec, metadata } = web;
    await cluster.client.create(statefulSet, { metadata, spec: { ...spec, serviceName: 'web', replicas: 3 } });
    await within(30, async () => (await pods()).filter(isReady).length === 3);
    const [lost] = (await pods()).filter((one) => one.spec?.nodeName === 'node-2');
    await cluster.stopNode('node-2');
    const same = async () => (await pods()).find((one) => one.metadata.name === lost!.metadata.name);
    await within(400, async () => (await same())!.metadata.deletionTimestamp !== undefined);
    await clock.advance(600_000, turns);
    expect((await same())!.metadata.uid).to.equal(lost!.metadata.uid);
    await cluster.startNode('node-2');
    await within(90, async () => (await pods()).filter(isReady).length === 3);
    expect((await same())!.metadata.uid).to.not.equal(lost!.metadata.uid);
  });

  it('lets its pods go when it is deleted', async () => {
    await cluster.client.create(deployment, web);
    await within(30, running);
    await cluster.stopNode('node-3');
    await cluster.client.delete(node, { name: 'node-3' });
    await within(120, async () => (await onNode('node-3')).length === 0 && running());
  });

  it('must be one of the cluster', () => {
    expect(() => cluster.stopNode('node-9')).to.throw('this cluster has no node "node-9": node-1, node-2, node-3');
  });
});
