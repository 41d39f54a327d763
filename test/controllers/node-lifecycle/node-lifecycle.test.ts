import { expect } from 'chai';
import { lease, type Lease } from '../../../src/api/coordination-v1/lease.ts';
import { node, type Node } from '../../../src/api/core-v1/node.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { formatMicroTime, formatTime } from '../../../src/apimachinery/time.ts';
import { heard, silentAt, silentConditions } from '../../../src/controllers/node-lifecycle/health.ts';
import { desiredTaints } from '../../../src/controllers/node-lifecycle/taints.ts';
import { aNode, now } from '../objects.ts';
import { World } from '../world.ts';

describe('node lifecycle: health', () => {
  const renewed = (renewTime: string) => ({ spec: { renewTime } }) as unknown as Lease;

  it('hears of a node by its lease or its status', () => {
    const before = aNode();
    const after = {
      ...before,
      status: { conditions: [{ ...before.status!.conditions![0]!, lastHeartbeatTime: 'later' }] },
    };
    const first = heard(undefined, before, renewed('1'), 1000);
    expect(heard(first, before, renewed('1'), 2000).at).to.equal(1000);
    expect(heard(first, before, renewed('2'), 3000).at).to.equal(3000);
    expect(heard(first, after, renewed('1'), 3000).at).to.equal(3000);
  });

  it('gives a node more time to report for the first time', () => {
    expect(silentAt(aNode(), { words: '', at: 1000 })).to.equal(51_000);
    expect(silentAt(aNode('n1', {}), { words: '', at: 1000 })).to.equal(61_000);
  });

  it('does not know any condition of a silent node', () => {
    const conditions = silentConditions(
      aNode('n1', { Ready: 'True', MemoryPressure: 'False', NetworkUnavailable: 'False' }),
      now,
    );
    expect(conditions.map(({ type, status, reason }) => [type, status, reason])).to.deep.equal([
      ['Ready', 'Unknown', 'NodeStatusUnknown'],
      ['MemoryPressure', 'Unknown', 'NodeStatusUnknown'],
      ['NetworkUnavailable', 'False', undefined],
      ['DiskPressure', 'Unknown', 'NodeStatusNeverUpdated'],
      ['PIDPressure', 'Unknown', 'NodeStatusNeverUpdated'],
    ]);
  });
});

describe('node lifecycle: taints', () => {
  const cases: [string, Record<string, string>, object, string[]][] = [
    ['a ready node', { Ready: 'True' }, {}, []],
    ['a node that is not ready', { Ready: 'False' }, {}, ['not-ready:NoSchedule', 'not-ready:NoExecute']],
    ['a silent node', { Ready: 'Unknown' }, {}, ['unreachable:NoSchedule', 'unreachable:NoExecute']],
    ['a cordoned node', { Ready: 'True' }, { unschedulable: true }, ['unschedulable:NoSchedule']],
    ['memory pressure', { MemoryPressure: 'True' }, {}, ['memory-pressure:NoSchedule']],
    ['disk pressure', { DiskPressure: 'True' }, {}, ['disk-pressure:NoSchedule']],
    ['too many processes', { PIDPressure: 'True' }, {}, ['pid-pressure:NoSchedule']],
    ['no network', { NetworkUnavailable: 'True' }, {}, ['network-unavailable:NoSchedule']],
    ['a node that has not reported', {}, {}, []],
  ];
  for (const [name, conditions, spec, expected] of cases) {
    it(`of ${name}: ${expected.join(', ') || 'none'}`, () => {
      const taints = desiredTaints(aNode('n1', conditions, spec), now);
      expect(taints.map((taint) => `${taint.key}:${taint.effect}`)).to.deep.equal(
        expected.map((one) => `node.kubernetes.io/${one}`),
      );
      for (const taint of taints) expect(taint.timeAdded).to.equal(formatTime(now));
    });
  }

  it('keeps the taints of others, and the time of its own', () => {
    const mine = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' };
    const old = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: 'before' };
    const stale = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule', timeAdded: 'before' };
    const taints = desiredTaints(aNode('n1', { Ready: 'Unknown' }, { taints: [mine, old, stale] }), now);
    expect(taints.slice(0, 2)).to.deep.equal([mine, old]);
    expect(taints).to.have.length(3);
    expect(desiredTaints(aNode('n1', { Ready: 'True' }, { taints: [mine, old, stale] }), now)).to.deep.equal([mine]);
  });
});

describe('node lifecycle controllers', () => {
  let world: World;
  beforeEach(async () => {
    const only = ['node-lifecycle-controller', 'taint-eviction-controller', 'pod-garbage-collector-controller'];
    world = await World.start({ only });
    await report();
  });
  afterEach(() => world.stop());

  const n1 = { name: 'n1' };
  const get = () => world.client.get(node, n1);
  const p = { namespace: 'default', name: 'p' };

  /** What a kubelet does when it starts. */
  async function report(): Promise<void> {
    await world.client.create(node, { metadata: n1 });
    await reportReady('True');
    await renew();
  }

  async function reportReady(status: string): Promise<void> {
    const time = formatTime(world.clock.now());
    const found: Node = await get();
    const condition = {
      type: 'Ready',
      status,
      reason: 'KubeletReady',
      lastHeartbeatTime: time,
      lastTransitionTime: time,
    };
    await world.client.updateStatus(node, { ...found, status: { ...found.status, conditions: [condition] } });
  }

  async function renew(): Promise<void> {
    const at = { namespace: 'kube-node-lease', name: 'n1' };
    const spec = { holderIdentity: 'n1', renewTime: formatMicroTime(world.clock.now()) };
    if (await world.client.find(lease, at)) await world.client.patch(lease, at, 'merge', { spec });
    else await world.client.create(lease, { metadata: at, spec });
  }

  const status = async () => (await get()).status!.conditions!.find((c) => c.type === 'Ready')!;
  const taints = async () =>
    ((await get()).spec?.taints ?? []).map(({ key, effect }) => `${key.split('/')[1]}:${effect}`);
  const createPod = async (tolerations?: object[]) => {
    await world.client.create(pod, {
      metadata: p,
      spec: { containers: [{ name: 'c', image: 'i' }], tolerations } as any,
    });
    await world.eventually(async () => expect((await world.client.get(pod, p)).status!.podIP).to.be.a('string'));
  };

  it('leave a node alone that renews its lease', async () => {
    for (let i = 0; i < 12; i++) {
      await world.settle(10_000);
      await renew();
    }
    expect(await status()).to.include({ status: 'True' });
    expect(await taints()).to.deep.equal([]);
  });

  it('notice a node that falls silent, and one that comes back', async () => {
    await createPod();
    await world.settle(45_000);
    expect(await status()).to.include({ status: 'True' });
    await world.settle(10_000);
    expect(await status()).to.include({
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    });
    await world.eventually(async () =>
      expect(await taints()).to.deep.equal(['unreachable:NoSchedule', 'unreachable:NoExecute']),
    );
    await world.eventually(async () =>
      expect(await world.events('n1')).to.deep.equal(['NodeNotReady: Node n1 status is now: NodeNotReady']),
    );
    await world.eventually(async () => {
      const ready = (await world.client.get(pod, p)).status!.conditions!.find((c) => c.type === 'Ready');
      expect(ready).to.include({ status: 'False' });
    });
    await reportReady('True');
    await renew();
    await world.eventually(async () => expect(await taints()).to.deep.equal([]));
    expect(await world.client.find(pod, p)).not.to.equal(undefined);
  });

  it('evict pods of a silent node after the time that they tolerate', async () => {
    await createPod();
    await world.settle(60_000);
    world.podsGo = false;
    await world.settle(250_000);
    expect((await world.client.get(pod, p)).metadata.deletionTimestamp).to.equal(undefined);
    await world.settle(50_000);
    const evicted = await world.client.get(pod, p);
    expect(evicted.metadata.deletionTimestamp).to.be.a('string');
    expect(evicted.status!.conditions!.find((c) => c.type === 'DisruptionTarget')).to.include({
      reason: 'DeletionByTaintManager',
    });
    expect(await world.events('p')).to.include('TaintManagerEviction: Marking for deletion Pod default/p');
  });

  it('do not evict pods that tolerate it for ever', async () => {
    await createPod([{ operator: 'Exists' }]);
    await world.settle(2_000_000);
    expect((await world.client.get(pod, p)).metadata.deletionTimestamp).to.equal(undefined);
  });

  it('evict at once what does not tolerate a taint that somebody adds', async () => {
    await createPod();
    await world.client.patch(node, n1, 'merge', { spec: { taints: [{ key: 'maintenance', effect: 'NoExecute' }] } });
    await world.eventually(async () => expect(await world.client.find(pod, p)).to.equal(undefined));
  });

  it('taint a node that is cordoned', async () => {
    await world.client.patch(node, n1, 'merge', { spec: { unschedulable: true } });
    await world.eventually(async () => expect(await taints()).to.deep.equal(['unschedulable:NoSchedule']));
    await world.client.patch(node, n1, 'merge', { spec: { unschedulable: null } });
    await world.eventually(async () => expect(await taints()).to.deep.equal([]));
  });

  it('remove the pods of a node that is gone, but not at once', async () => {
    await createPod();
    world.podsGo = false;
    await world.client.delete(node, n1);
    await world.settle(30_000);
    expect(await world.client.find(pod, p)).not.to.equal(undefined);
    await world.settle(15_000);
    expect(await world.client.find(pod, p)).to.equal(undefined);
  });
});
