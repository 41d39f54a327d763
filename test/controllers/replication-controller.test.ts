import { expect } from 'chai';
import { pod } from '../../src/api/core-v1/pod.ts';
import { event } from '../../src/api/core-v1/event.ts';
import { replicationController } from '../../src/api/core-v1/replication-controller.ts';
import { controllerOf } from '../../src/apimachinery/object.ts';
import { template } from './objects.ts';
import { World } from './world.ts';

const name = { namespace: 'default', name: 'web' };

describe('replication controller controller', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({ only: ['replicationcontroller-controller'] });
  });
  afterEach(() => world.stop());

  const create = (replicas: number) =>
    world.client.create(replicationController, { metadata: name, spec: { replicas, template: template() } });
  const get = () => world.client.get(replicationController, name);
  const pods = async () => (await world.client.list(pod, { namespace: 'default' })).items;
  const counted = (replicas: number) =>
    world.eventually(async () => {
      expect(await pods()).to.have.length(replicas);
      expect((await get()).status).to.include({ replicas, availableReplicas: replicas });
    });

  it('makes pods of its own, counts them, and says so', async () => {
    const { metadata } = await create(2);
    await counted(2);
    for (const one of await pods()) {
      expect(controllerOf(one)).to.include({ apiVersion: 'v1', kind: 'ReplicationController', uid: metadata.uid });
    }
    expect((await get()).status).to.deep.equal({
      replicas: 2,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      observedGeneration: 1,
    });
    await world.eventually(async () => {
      const { items } = await world.client.list(event, { namespace: 'default' });
      expect(items.map((one) => `${one.source?.component} ${one.reason}`)).to.deep.equal([
        'replication-controller SuccessfulCreate',
        'replication-controller SuccessfulCreate',
      ]);
    });
  });

  it('adopts and releases pods by their labels', async () => {
    const metadata = { namespace: 'default', name: 'orphan', labels: { app: 'web' } };
    await world.client.create(pod, { metadata, spec: template().spec });
    await create(1);
    await counted(1);
    expect(controllerOf((await pods())[0]!)).to.include({ kind: 'ReplicationController', name: 'web' });
    await world.client.patch(pod, metadata, 'merge', { metadata: { labels: { app: 'debug' } } });
    await world.eventually(async () => {
      expect(controllerOf(await world.client.get(pod, metadata))).to.equal(undefined);
      expect(await pods()).to.have.length(2);
    });
  });

  it('shows that it may not make pods, and that it may again', async () => {
    world.noPodsBecause = 'exceeded quota';
    await create(3);
    await world.eventually(async () => {
      const [failure] = (await get()).status?.conditions ?? [];
      expect(failure).to.include({ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' });
    });
    await world.client.patch(replicationController, name, 'merge', { spec: { replicas: 0 } });
    await world.eventually(async () => expect((await get()).status).not.to.have.property('conditions'));
  });
});
