import { expect } from 'chai';
import { lease, type Lease } from '../../../src/api/coordination-v1/lease.ts';
import { node, type Node } from '../../../src/api/core-v1/node.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { isApiError } from '../../../src/apimachinery/api-error.ts';
import type { Timer } from '../../../src/base/clock.ts';
import { formatMicroTime, formatTime } from '../../../src/apimachinery/time.ts';
import { heard, silentAt, silentConditions } from '../../../src/controllers/node-lifecycle/health.ts';
import { desiredTaints } from '../../../src/controllers/node-lifecycle/taints.ts';
import { evictionRate, Zones, zoneState } from '../../../src/controllers/node-lifecycle/zones.ts';
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
    expect(silentAt(aNode(), undefined, { words: '', at: 1000 })).to.equal(51_000);
    expect(silentAt(aNode('n1', {}), undefined, { words: '', at: 1000 })).to.equal(61_000);
    const lease = (leaseDurationSeconds: number) =>
      ({ metadata: { name: 'n1' }, spec: { leaseDurationSeconds } }) as Lease;
    expect(silentAt(aNode(), lease(40), { words: '', at: 1000 })).to.equal(51_000);
    expect(silentAt(aNode(), lease(400), { words: '', at: 1000 })).to.equal(501_000);
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
    ['conditions that nobody knows', { Ready: 'constructor', constructor: 'name' }, {}, []],
    ['memory pressure', { MemoryPressure: 'True' }, {}, ['memory-pressure:NoSchedule']],
    ['disk pressure', { DiskPressure: 'True' }, {}, ['disk-pressure:NoSchedule']],
    ['too many processes', { PIDPressure: 'True' }, {}, ['pid-pressure:NoSchedule']],
    ['no network', { NetworkUnavailable: 'True' }, {}, ['network-unavailable:NoSchedule']],
    ['a node that has not reported', {}, {}, []],
  ];
  for (const [name, conditions, spec, expected] of cases) {
    it(`of ${name}: ${expected.join(', ') || 'none'}`, () => {
      const taints = desiredTaints(aNode('n1', conditions, spec), true, now);
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
    const taints = desiredTaints(aNode('n1', { Ready: 'Unknown' }, { taints: [mine, old, stale] }), true, now);
    expect(taints.slice(0, 2)).to.deep.equal([mine, old]);
    expect(taints).to.have.length(3);
    const spared = desiredTaints(aNode('n1', { Ready: 'Unknown' }, { taints: [mine, old] }), false, now);
    expect(spared.map(({ effect }) => effect)).to.deep.equal(['NoSchedule', 'NoSchedule']);
    expect(desiredTaints(aNode('n1', { Ready: 'True' }, { taints: [mine, old, stale] }), true, now)).to.deep.equal([
      mine,
    ]);
  });
});

describe('node lifecycle: zones', () => {
  const states: [number, number, string][] = [
    [3, 0, 'normal'],
    [0, 0, 'normal'],
    [0, 1, 'full'],
    [0, 9, 'full'],
    [1, 2, 'normal'],
    [1, 3, 'partial'],
    [3, 3, 'normal'],
    [9, 11, 'partial'],
    [10, 10, 'normal'],
  ];
  for (const [ready, notReady, state] of states) {
    it(`${ready} nodes that are ready and ${notReady} that are not are ${state}`, () =>
      expect(zoneState(ready, notReady)).to.equal(state));
  }

  it('lose their nodes at a rate by how they do and how large they are', () => {
    expect(evictionRate('normal', 10)).to.equal(0.1);
    expect(evictionRate('full', 10)).to.equal(0.1);
    expect(evictionRate('partial', 51)).to.equal(0.01);
    expect(evictionRate('partial', 50)).to.equal(0);
  });

  const inZone = (name: string, zone: string) => {
    const one = aNode(name);
    return { ...one, metadata: { ...one.metadata, labels: { 'topology.kubernetes.io/zone': zone } } };
  };

  it('are counted one by one', () => {
    const zones = new Zones();
    for (const name of ['a1', 'a2', 'a3']) zones.note(inZone(name, 'a'), false);
    for (const name of ['b1', 'b2', 'b3', 'b4']) zones.note(inZone(name, 'b'), name !== 'b1');
    expect(zones.mayGiveUp('a1', false, 0), 'a zone that is down loses its nodes while another is not').to.equal(true);
    expect(zones.mayGiveUp('a2', false, 9999), 'but not so fast').to.equal(false);
    expect(zones.mayGiveUp('a1', false, 9999), 'what was allowed stays so').to.equal(true);
    expect(zones.mayGiveUp('b1', false, 9999), 'other zones do not count').to.equal(true);
    expect(zones.mayGiveUp('a2', false, 10_000)).to.equal(true);
    for (const name of ['b2', 'b3']) zones.note(inZone(name, 'b'), false);
    expect(zones.mayGiveUp('b2', false, 1e9), 'much of a small zone is down').to.equal(false);
    expect(zones.mayGiveUp('b2', true, 1e9), 'but it was given up before').to.equal(true);
    zones.note(inZone('b4', 'b'), false);
    expect(zones.mayGiveUp('b2', true, 1e9), 'all is down').to.equal(false);
    zones.forget('b4');
    expect(zones.mayGiveUp('a1', true, 1e9)).to.equal(false);
    zones.note(inZone('b1', 'b'), true);
    expect(zones.mayGiveUp('a1', false, 1e9)).to.equal(true);
  });
});

describe('node lifecycle controllers', () => {
  let world: World;
  let beats: Timer;
  const alive = new Set<string>();
  beforeEach(async () => {
    const only = ['node-lifecycle-controller', 'taint-eviction-controller', 'pod-garbage-collector-controller'];
    world = await World.start({ only });
    alive.clear();
    await report('n1');
    for (const name of ['n2', 'n3']) {
      await report(name);
      alive.add(name);
    }
    beats = world.clock.every(10_000, () => void Promise.all([...alive].map((name) => renew(name))));
  });
  afterEach(() => {
    beats.cancel();
    return world.stop();
  });

  const n1 = { name: 'n1' };
  const get = (name = 'n1') => world.client.get(node, { name });
  const p = { namespace: 'default', name: 'p' };

  /** What a kubelet does when it starts. */
  async function report(name: string): Promise<void> {
    const labels = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
    await world.client.create(node, { metadata: { name, labels } });
    await reportReady('True', name);
    await renew(name);
  }

  async function reportReady(status: string, name = 'n1'): Promise<void> {
    const time = formatTime(world.clock.now());
    const found: Node = await get(name);
    const condition = {
      type: 'Ready',
      status,
      reason: 'KubeletReady',
      lastHeartbeatTime: time,
      lastTransitionTime: time,
    };
    await retry(async () => {
      const { metadata } = await get(name);
      await world.client.updateStatus(node, {
        ...found,
        metadata,
        status: { ...found.status, conditions: [condition] },
      });
    });
  }

  async function retry(write: () => Promise<void>): Promise<void> {
    await write().catch((error: unknown) => {
      if (!isApiError(error, 'Conflict')) throw error;
      return retry(write);
    });
  }

  async function renew(name = 'n1'): Promise<void> {
    const at = { namespace: 'kube-node-lease', name };
    const spec = { holderIdentity: name, renewTime: formatMicroTime(world.clock.now()) };
    if (await world.client.find(lease, at)) await world.client.patch(lease, at, 'merge', { spec });
    else await world.client.create(lease, { metadata: at, spec });
  }

  const status = async () => (await get()).status!.conditions!.find((c) => c.type === 'Ready')!;
  const taints = async (name = 'n1') =>
    ((await get(name)).spec?.taints ?? []).map(({ key, effect }) => `${key.split('/')[1]}:${effect}`);
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
      expect(await world.events('n1')).to.deep.equal([
        'RegisteredNode: Node n1 event: Registered Node n1 in Controller',
        'NodeNotReady: Node n1 status is now: NodeNotReady',
      ]),
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

  it('let pods stay when the node comes back in time, and say so', async () => {
    await createPod();
    await world.settle(60_000);
    await reportReady('True');
    alive.add('n1');
    const cancelled = 'TaintManagerEviction: Cancelling deletion of Pod default/p';
    await world.eventually(async () => expect(await world.events('p')).to.include(cancelled));
    await world.settle(400_000);
    expect((await world.client.get(pod, p)).metadata.deletionTimestamp).to.equal(undefined);
  });

  it('give up no node when all are silent: then it is us who cannot see them', async () => {
    await createPod();
    await world.settle(60_000);
    expect(await taints()).to.include('unreachable:NoExecute');
    alive.clear();
    await world.settle(70_000);
    for (const name of ['n1', 'n2', 'n3']) expect(await taints(name)).to.deep.equal(['unreachable:NoSchedule']);
    await world.settle(400_000);
    expect((await world.client.get(pod, p)).metadata.deletionTimestamp).to.equal(undefined);
    for (const name of ['n2', 'n3']) {
      await reportReady('True', name);
      alive.add(name);
    }
    await world.eventually(async () => expect(await taints()).to.include('unreachable:NoExecute'));
  });

  it('give up one node of a zone after the other', async () => {
    await report('n4');
    const givenUp = async () => {
      const all = await Promise.all(['n1', 'n4'].map((name) => taints(name)));
      return all.filter((one) => one.includes('unreachable:NoExecute')).length;
    };
    await world.settle(54_000);
    expect(await givenUp()).to.equal(1);
    await world.settle(12_000);
    expect(await givenUp()).to.equal(2);
  });

  it('keep the labels by their former names, and tell of nodes that come and go', async () => {
    await world.eventually(async () =>
      expect((await get()).metadata.labels).to.include({
        'beta.kubernetes.io/os': 'linux',
        'beta.kubernetes.io/arch': 'amd64',
      }),
    );
    await world.client.delete(node, n1);
    await world.eventually(async () =>
      expect(await world.events('n1')).to.include('RemovingNode: Node n1 event: Removing Node n1 from Controller'),
    );
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
