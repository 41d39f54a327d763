import { expect } from 'chai';
import { replicaSet } from '../../../src/api/apps-v1/replica-set.ts';
import { pod, type Pod } from '../../../src/api/core-v1/pod.ts';
import { controllerOf } from '../../../src/apimachinery/object.ts';
import { template } from '../objects.ts';
import { World } from '../world.ts';

const name = { namespace: 'default', name: 'web' };

describe('replica set controller', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({ only: ['replicaset-controller'] });
  });
  afterEach(() => world.stop());

  const create = (replicas: number, spec: object = {}) =>
    world.client.create(replicaSet, {
      metadata: name,
      spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template(), ...spec },
    });
  const pods = async () => (await world.client.list(pod, { namespace: 'default' })).items;
  const set = () => world.client.get(replicaSet, name);
  const bare = (podName: string): Promise<Pod> =>
    world.client.create(pod, {
      metadata: { namespace: 'default', name: podName, labels: { app: 'web' } },
      spec: template().spec,
    });
  const counted = (replicas: number) =>
    world.eventually(async () => {
      expect(await pods()).to.have.length(replicas);
      expect((await set()).status).to.include({ replicas, availableReplicas: replicas, observedGeneration: 1 });
    });

  it('makes the pods, counts them and says so', async () => {
    await create(3);
    await counted(3);
    const { status } = await set();
    expect(status).to.include({ readyReplicas: 3, fullyLabeledReplicas: 3 });
    const names = (await pods()).map((one) => `SuccessfulCreate: Created pod: ${one.metadata.name}`);
    expect(
      await world.eventually(async () => {
        const events = await world.events('web');
        expect(events).to.have.length(3);
        return events;
      }),
    ).to.have.members(names);
  });

  it('never makes too many, however often it is woken', async () => {
    await create(40);
    const most = new Set<string>();
    await world.eventually(async () => {
      for (const one of await pods()) most.add(one.metadata.uid);
      expect((await set()).status).to.include({ availableReplicas: 40 });
    });
    await world.settle(1000);
    expect(most.size).to.equal(40);
    expect(await pods()).to.have.length(40);
  });

  it('replaces a pod that is deleted', async () => {
    await create(2);
    await counted(2);
    const [first] = await pods();
    await world.client.delete(pod, first!.metadata);
    await world.eventually(async () => {
      const uids = (await pods()).map((one) => one.metadata.uid);
      expect(uids).to.have.length(2).and.not.include(first!.metadata.uid);
    });
  });

  it('replaces a pod while it is still terminating, and counts that', async () => {
    await create(1);
    await counted(1);
    world.podsGo = false;
    await world.client.delete(pod, (await pods())[0]!.metadata);
    await world.eventually(async () => {
      expect(await pods()).to.have.length(2);
      expect((await set()).status).to.include({ replicas: 1, terminatingReplicas: 1 });
    });
  });

  it('scales down, unready pods first', async () => {
    await create(3);
    await counted(3);
    const unready = (await pods())[1]!;
    await world.ready(unready, false);
    await world.settle();
    await world.client.patch(replicaSet, name, 'merge', { spec: { replicas: 2 } });
    await world.eventually(async () => {
      const uids = (await pods()).map((one) => one.metadata.uid);
      expect(uids).to.have.length(2).and.not.include(unready.metadata.uid);
    });
    await world.eventually(async () =>
      expect(await world.events('web')).to.include(`SuccessfulDelete: Deleted pod: ${unready.metadata.name}`),
    );
  });

  it('adopts pods that its selector wants', async () => {
    const orphan = await bare('orphan');
    const { metadata } = await create(1);
    await counted(1);
    const adopted = (await pods())[0]!;
    expect(adopted.metadata.uid).to.equal(orphan.metadata.uid);
    expect(controllerOf(adopted)).to.include({ kind: 'ReplicaSet', uid: metadata.uid });
  });

  it('deletes a pod that it adopts but does not need', async () => {
    await create(1);
    await counted(1);
    await bare('extra');
    expect(await pods()).to.have.length(2);
    await world.eventually(async () => expect(await pods()).to.have.length(1));
  });

  it('releases a pod that loses its label, and makes another', async () => {
    await create(1);
    await counted(1);
    const released = (await pods())[0]!;
    await world.client.patch(pod, released.metadata, 'merge', { metadata: { labels: { app: 'debug' } } });
    await world.eventually(async () => {
      expect(await pods()).to.have.length(2);
      expect(controllerOf(await world.client.get(pod, released.metadata))).to.equal(undefined);
    });
  });

  it('does not take pods of another controller', async () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'other', uid: 'other', controller: true };
    await world.client.create(pod, {
      metadata: { namespace: 'default', name: 'taken', labels: { app: 'web' }, ownerReferences: [owner] },
      spec: template().spec,
    });
    await create(1);
    await world.eventually(async () => expect(await pods()).to.have.length(2));
    expect((await set()).status).to.include({ replicas: 1 });
  });

  it('counts a pod as available after minReadySeconds', async () => {
    await create(1, { minReadySeconds: 30 });
    await world.eventually(async () => expect((await set()).status).to.include({ readyReplicas: 1 }));
    expect((await set()).status).not.to.have.property('availableReplicas');
    await world.settle(31_000);
    await counted(1);
  });

  it('replaces failed pods', async () => {
    await create(1);
    await counted(1);
    const failed = (await pods())[0]!;
    await world.ready(failed, false, 'Failed');
    await world.eventually(async () => {
      const active = (await pods()).filter((one) => one.status?.phase === 'Running');
      expect(active).to.have.length(1);
    });
  });

  it('says why it cannot make pods, and recovers', async () => {
    world.noPodsBecause = 'exceeded quota';
    await create(3);
    await world.eventually(async () => {
      const [condition] = (await set()).status?.conditions ?? [];
      expect(condition).to.include({
        type: 'ReplicaFailure',
        status: 'True',
        reason: 'FailedCreate',
        message: 'exceeded quota',
      });
      expect(await world.events('web')).to.deep.equal(['FailedCreate: Error creating: exceeded quota']);
    });
    world.noPodsBecause = undefined;
    await counted(3);
    expect((await set()).status).not.to.have.property('conditions');
  });
});
