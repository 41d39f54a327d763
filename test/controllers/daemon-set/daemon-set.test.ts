import { expect } from 'chai';
import { controllerRevision } from '../../../src/api/apps-v1/controller-revision.ts';
import { daemonSet } from '../../../src/api/apps-v1/daemon-set.ts';
import { node as nodeKind } from '../../../src/api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../../src/api/core-v1/pod.ts';
import { controllerOf } from '../../../src/apimachinery/object.ts';
import { template } from '../objects.ts';
import { World } from '../world.ts';

const name = { namespace: 'default', name: 'web' };
const hashLabel = 'controller-revision-hash';

describe('daemon set controller', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({ only: ['daemonset-controller'] });
    for (const one of ['n1', 'n2', 'n3']) await addNode(one);
  });
  afterEach(() => world.stop());

  const addNode = async (one: string, labels: Record<string, string> = {}) => {
    await world.client.create(nodeKind, { metadata: { name: one, labels }, spec: {}, status: {} });
    // It is not ready at first, which it takes another controller to undo.
    await world.client.patch(nodeKind, { name: one }, 'merge', { spec: { taints: null } });
  };
  const taint = (one: string, effect: string) =>
    world.client.patch(nodeKind, { name: one }, 'merge', { spec: { taints: [{ key: 'a', effect }] } });
  const create = (spec: object = {}, podSpec: object = {}) => {
    const made = template();
    return world.client.create(daemonSet, {
      metadata: name,
      spec: {
        selector: { matchLabels: { app: 'web' } },
        template: { ...made, spec: { ...made.spec, ...podSpec } },
        ...spec,
      },
    });
  };
  const set = () => world.client.get(daemonSet, name);
  const change = (image: string, spec: object = {}) =>
    world.client.patch(daemonSet, name, 'merge', { spec: { template: template(image), ...spec } });
  const pods = async (): Promise<Pod[]> => (await world.client.list(podKind, { namespace: 'default' })).items;
  const on = async () => (await pods()).map(({ spec }) => spec?.nodeName).sort();
  const images = async () => (await pods()).map(({ spec }) => spec?.containers[0]?.image);
  const revisions = async () => (await world.client.list(controllerRevision, { namespace: 'default' })).items;
  const runsOn = (...nodes: string[]) =>
    world.eventually(async () => {
      expect(await on()).to.deep.equal(nodes);
      const count = nodes.length;
      expect((await set()).status).to.include({ numberReady: count, currentNumberScheduled: count });
    });
  const runs = (image: string) =>
    world.eventually(async () => {
      const { status, metadata } = await set();
      expect(await images()).to.deep.equal([image, image, image]);
      expect(status).to.include({ updatedNumberScheduled: 3, numberAvailable: 3 });
      expect(status!.observedGeneration).to.equal(metadata.generation);
    });

  it('runs one on each node and says so', async () => {
    const { metadata } = await create();
    await runsOn('n1', 'n2', 'n3');
    const { status } = await set();
    expect(status).to.deep.equal({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      numberMisscheduled: 0,
      numberReady: 3,
      updatedNumberScheduled: 3,
      numberAvailable: 3,
      observedGeneration: 1,
    });
    const [revision] = await revisions();
    for (const one of await pods()) {
      expect(controllerOf(one)).to.include({ kind: 'DaemonSet', uid: metadata.uid });
      expect(one.metadata.labels).to.include({ [hashLabel]: revision!.metadata.labels![hashLabel]! });
    }
    const told = (await pods()).map((one) => `SuccessfulCreate: Created pod: ${one.metadata.name}`);
    await world.eventually(async () => expect(await world.events('web')).to.have.members(told));
  });

  it('comes and goes with nodes, their labels and their taints', async () => {
    await create({}, { nodeSelector: { disk: 'ssd' } });
    await runsOn();
    const label = (one: string, disk: string | null) =>
      world.client.patch(nodeKind, { name: one }, 'merge', { metadata: { labels: { disk } } });
    await label('n1', 'ssd');
    await label('n2', 'ssd');
    await runsOn('n1', 'n2');
    await label('n1', null);
    await runsOn('n2');
    await addNode('n4', { disk: 'ssd' });
    await runsOn('n2', 'n4');
    await taint('n2', 'NoSchedule');
    await world.eventually(async () =>
      expect((await set()).status).to.include({ numberMisscheduled: 1, desiredNumberScheduled: 1 }),
    );
    expect(await on()).to.deep.equal(['n2', 'n4']);
    await taint('n2', 'NoExecute');
    await runsOn('n4');
    await world.eventually(async () =>
      expect(
        (await world.events('web')).filter((text) => text.startsWith('SuccessfulDelete: Deleted pod: web-')),
      ).to.have.length(2),
    );
  });

  it('does nothing when a node only reports', async () => {
    await create();
    await runsOn('n1', 'n2', 'n3');
    const before = (await set()).metadata.resourceVersion;
    const node = await world.client.get(nodeKind, { name: 'n1' });
    await world.client.updateStatus(nodeKind, { ...node, status: { ...node.status, phase: 'Running' } });
    await world.settle(1000);
    expect((await set()).metadata.resourceVersion).to.equal(before);
  });

  it('replaces failed daemons, each time after a longer pause', async () => {
    await create();
    await runsOn('n1', 'n2', 'n3');
    const fail = async () => {
      const one = (await pods()).find(({ spec }) => spec?.nodeName === 'n1')!;
      await world.ready(one, false, 'Failed');
      const from = world.clock.now();
      await world.eventually(async () => {
        const uids = (await pods()).map(({ metadata }) => metadata.uid);
        expect(uids).to.have.length(3).and.not.include(one.metadata.uid);
      });
      await runsOn('n1', 'n2', 'n3');
      await world.eventually(async () =>
        expect(await world.events('web')).to.include(
          `FailedDaemonPod: Found failed daemon pod default/${one.metadata.name} on node n1, will try to kill it`,
        ),
      );
      return world.clock.now() - from;
    };
    expect(await fail()).to.be.lessThan(900);
    expect(await fail()).to.be.within(0, 1500);
    expect(await fail()).to.be.within(1000, 4000);
  });

  it('updates one after the other, and goes back without a restart more than needed', async () => {
    await create();
    await runs('nginx:1');
    let fewest = 3;
    const first = await pods();
    await change('nginx:2');
    await world.eventually(async () => {
      const ready = (await pods()).filter((one) => !one.metadata.deletionTimestamp);
      fewest = Math.min(fewest, ready.length);
      expect(await images()).to.deep.equal(['nginx:2', 'nginx:2', 'nginx:2']);
    });
    await runs('nginx:2');
    expect(fewest).to.be.at.least(2);
    expect((await revisions()).map(({ revision }) => revision).sort()).to.deep.equal([1, 2]);
    await change('nginx:1');
    await runs('nginx:1');
    expect((await revisions()).map(({ revision }) => revision).sort()).to.deep.equal([2, 3]);
    expect(new Set((await pods()).map(({ metadata }) => metadata.labels![hashLabel]))).to.have.length(1);
    expect((await pods())[0]!.metadata.labels![hashLabel]).to.equal(first[0]!.metadata.labels![hashLabel]);
  });

  it('takes back an update that got stuck, and leaves alone what was not touched', async () => {
    await create();
    await runs('nginx:1');
    const before = new Set((await pods()).map(({ metadata }) => metadata.uid));
    world.podsBecomeReady = false;
    await change('nginx:broken');
    await world.eventually(async () => expect(await images()).to.include('nginx:broken'));
    await world.settle(1000);
    expect((await images()).filter((image) => image === 'nginx:broken')).to.have.length(1);
    world.podsBecomeReady = true;
    await change('nginx:1');
    await runs('nginx:1');
    expect((await pods()).filter(({ metadata }) => before.has(metadata.uid))).to.have.length(2);
  });

  it('starts the new one before the old one goes, with surge', async () => {
    await create({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } });
    await runs('nginx:1');
    await change('nginx:2');
    let most = 0;
    await world.eventually(async () => {
      const working = (await pods()).filter(({ status }) =>
        status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'),
      );
      const nodes = new Set(working.map(({ spec }) => spec?.nodeName));
      expect(nodes.size, 'nodes without a working daemon').to.equal(3);
      most = Math.max(most, (await pods()).length);
      expect(await images()).to.deep.equal(['nginx:2', 'nginx:2', 'nginx:2']);
    });
    expect(most).to.equal(4);
    await runs('nginx:2');
  });

  it('leaves it to others to delete old daemons, if told so', async () => {
    await create({ updateStrategy: { type: 'OnDelete' } });
    await runs('nginx:1');
    await change('nginx:2');
    await world.eventually(async () =>
      expect((await set()).status)
        .to.include({ observedGeneration: 2 })
        .and.not.have.property('updatedNumberScheduled'),
    );
    const [one] = await pods();
    await world.client.delete(podKind, one!.metadata);
    await world.eventually(async () => expect((await set()).status).to.include({ updatedNumberScheduled: 1 }));
    expect(await images()).to.have.members(['nginx:1', 'nginx:1', 'nginx:2']);
  });

  it('keeps as much history as it is told', async () => {
    await create({ revisionHistoryLimit: 1 });
    await runs('nginx:1');
    for (const image of ['nginx:2', 'nginx:3', 'nginx:4']) {
      await change(image);
      await runs(image);
    }
    await world.eventually(async () =>
      expect((await revisions()).map(({ revision }) => revision).sort()).to.deep.equal([3, 4]),
    );
  });

  it('adopts what its selector wants, and releases what it does not', async () => {
    const orphan = await world.client.create(podKind, {
      metadata: { namespace: 'default', name: 'orphan', labels: { app: 'web' } },
      spec: { ...template('nginx:1').spec, nodeName: 'n1' },
    });
    await create({ updateStrategy: { type: 'OnDelete' } });
    await runsOn('n1', 'n2', 'n3');
    const adopted = await world.client.get(podKind, orphan.metadata);
    expect(controllerOf(adopted)).to.include({ kind: 'DaemonSet' });
    await world.client.patch(podKind, orphan.metadata, 'merge', { metadata: { labels: { app: 'other' } } });
    await world.eventually(async () => expect(await on()).to.deep.equal(['n1', 'n1', 'n2', 'n3']));
    expect(controllerOf(await world.client.get(podKind, orphan.metadata))).to.equal(undefined);
  });

  it('says why it cannot make pods, and tries again', async () => {
    world.noPodsBecause = 'quota exceeded';
    await create();
    await world.eventually(async () =>
      expect(await world.events('web')).to.include('FailedCreate: Error creating: quota exceeded'),
    );
    expect((await set()).status).to.include({ desiredNumberScheduled: 3, currentNumberScheduled: 0 });
    world.noPodsBecause = undefined;
    await runsOn('n1', 'n2', 'n3');
  });

  it('makes one of two revisions of the same template', async () => {
    await create();
    await runs('nginx:1');
    const uids = (await pods()).map(({ metadata }) => metadata.uid).sort();
    const [{ metadata, data }] = (await revisions()) as [Awaited<ReturnType<typeof revisions>>[0]];
    const { ownerReferences, labels } = metadata;
    await world.client.create(controllerRevision, {
      metadata: {
        namespace: 'default',
        name: 'web-double',
        ownerReferences: ownerReferences!,
        labels: { ...labels, [hashLabel]: 'double' },
      },
      data: data!,
      revision: 7,
    });
    await world.eventually(async () => {
      expect((await revisions()).map((one) => one.metadata.name)).to.deep.equal(['web-double']);
      for (const one of await pods()) expect(one.metadata.labels).to.include({ [hashLabel]: 'double' });
    });
    expect((await pods()).map((one) => one.metadata.uid).sort()).to.deep.equal(uids);
  });
});
