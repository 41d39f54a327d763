import { expect } from 'chai';
import { controllerRevision } from '../../../src/api/apps-v1/controller-revision.ts';
import { statefulSet } from '../../../src/api/apps-v1/stateful-set.ts';
import { persistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import { pod, type Pod } from '../../../src/api/core-v1/pod.ts';
import { ApiError } from '../../../src/apimachinery/api-error.ts';
import { controllerOf } from '../../../src/apimachinery/object.ts';
import { template } from '../objects.ts';
import { World } from '../world.ts';

const name = { namespace: 'default', name: 'web' };
const revisionLabel = 'controller-revision-hash';

describe('stateful set controller', () => {
  let world: World;
  beforeEach(async () => {
    const protection = 'persistentvolumeclaim-protection-controller';
    world = await World.start({ only: ['statefulset-controller', 'garbage-collector-controller', protection] });
  });
  afterEach(() => world.stop());

  const claimTemplate = {
    metadata: { name: 'data', labels: { own: 'label' } },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  const create = (spec: object = {}) =>
    world.client.create(statefulSet, {
      metadata: name,
      spec: {
        replicas: 3,
        serviceName: 'web',
        selector: { matchLabels: { app: 'web' } },
        template: template(),
        ...spec,
      },
    });
  const get = () => world.client.get(statefulSet, name);
  const pods = async () => (await world.client.list(pod, { namespace: 'default' })).items;
  const podNames = async () => (await pods()).map((one) => one.metadata.name);
  const getPod = (ordinal: number) => world.client.get(pod, { ...name, name: `web-${ordinal}` });
  const claims = async () => (await world.client.list(persistentVolumeClaim, { namespace: 'default' })).items;
  const revisions = async () => (await world.client.list(controllerRevision, { namespace: 'default' })).items;
  const patch = (spec: object) => world.client.patch(statefulSet, name, 'merge', { spec });
  const setImage = (image: string) => patch({ template: { spec: { containers: [{ name: 'c', image }] } } });
  const imageOf = (one: Pod) => one.spec!.containers[0]!.image;
  const images = async () => (await pods()).map(imageOf);
  const eventsOf = async () =>
    (await world.events('web')).map((line) => line.replace(/ in StatefulSet web succ.*/, ''));

  /** As `kubectl rollout status` decides it. */
  const done = (replicas = 3) =>
    world.eventually(async () => {
      const { metadata, status } = await get();
      expect(status).to.include({ observedGeneration: metadata.generation, replicas, availableReplicas: replicas });
      expect(status!.currentRevision).to.equal(status!.updateRevision);
      expect(await pods()).to.have.length(replicas);
    });

  it('brings pods up one after the other, each with its name, host name and labels', async () => {
    await create();
    await done();
    const set = await get();
    expect((await eventsOf()).filter((line) => line.startsWith('SuccessfulCreate'))).to.deep.equal([
      'SuccessfulCreate: create Pod web-0',
      'SuccessfulCreate: create Pod web-1',
      'SuccessfulCreate: create Pod web-2',
    ]);
    expect(await world.events('web')).to.include('SuccessfulCreate: create Pod web-0 in StatefulSet web successful');
    const one = await getPod(1);
    const [revision] = await revisions();
    expect(one.metadata.labels).to.deep.equal({
      app: 'web',
      'statefulset.kubernetes.io/pod-name': 'web-1',
      'apps.kubernetes.io/pod-index': '1',
      [revisionLabel]: revision!.metadata.name,
    });
    expect(one.spec).to.include({ hostname: 'web-1', subdomain: 'web' });
    expect(controllerOf(one)).to.include({ kind: 'StatefulSet', uid: set.metadata.uid, blockOwnerDeletion: true });
    expect(set.status).to.deep.equal({
      observedGeneration: 1,
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      currentRevision: revision!.metadata.name,
      updateRevision: revision!.metadata.name,
      collisionCount: 0,
    });
  });

  it('waits with the next pod until one is ready', async () => {
    world.podsBecomeReady = false;
    await create();
    await world.settle(5000);
    expect(await podNames()).to.deep.equal(['web-0']);
    await world.ready(await getPod(0));
    await world.settle(5000);
    expect(await podNames()).to.deep.equal(['web-0', 'web-1']);
  });

  it('does not wait with parallel management', async () => {
    world.podsBecomeReady = false;
    await create({ podManagementPolicy: 'Parallel', replicas: 5 });
    await world.eventually(async () => expect(await pods()).to.have.length(5));
    await patch({ replicas: 1 });
    await world.eventually(async () => expect(await podNames()).to.deep.equal(['web-0']));
  });

  it('begins with the ordinal it is told, and moves when that changes', async () => {
    await create({ ordinals: { start: 5 }, replicas: 2 });
    await done(2);
    expect(await podNames()).to.deep.equal(['web-5', 'web-6']);
    await patch({ ordinals: { start: 6 } });
    await done(2);
    await world.eventually(async () => expect(await podNames()).to.deep.equal(['web-6', 'web-7']));
  });

  it('gets smaller from the highest ordinal down, one pod after the other', async () => {
    await create({ replicas: 4 });
    await done(4);
    world.podsGo = false;
    await patch({ replicas: 1 });
    await world.settle(5000);
    expect(
      (await pods()).filter((one) => one.metadata.deletionTimestamp).map((one) => one.metadata.name),
    ).to.deep.equal(['web-3']);
    world.podsGo = true;
    await world.client.delete(pod, { ...name, name: 'web-3' }, { gracePeriodSeconds: 0 });
    await done(1);
    expect((await eventsOf()).filter((line) => line.startsWith('SuccessfulDelete'))).to.deep.equal([
      'SuccessfulDelete: delete Pod web-3',
      'SuccessfulDelete: delete Pod web-2',
      'SuccessfulDelete: delete Pod web-1',
    ]);
  });

  it('halts getting smaller while a pod it keeps is not healthy', async () => {
    await create();
    await done();
    await world.ready(await getPod(0), false);
    await patch({ replicas: 1 });
    await world.settle(5000);
    expect(await pods()).to.have.length(3);
    await world.ready(await getPod(0));
    await done(1);
  });

  describe('updates', () => {
    it('go from the highest ordinal down, each waiting for the one before', async () => {
      await create();
      await done();
      const { currentRevision: first } = (await get()).status!;
      world.podsBecomeReady = false;
      await setImage('nginx:2');
      await world.settle(5000);
      expect(await images()).to.deep.equal(['nginx:1', 'nginx:1', 'nginx:2']);
      const { status } = await get();
      expect(status).to.include({ currentRevision: first, currentReplicas: 2, updatedReplicas: 1, readyReplicas: 2 });
      expect(status!.updateRevision).to.not.equal(first);
      world.podsBecomeReady = true;
      await world.ready(await getPod(2));
      await done();
      expect(await images()).to.deep.equal(['nginx:2', 'nginx:2', 'nginx:2']);
      expect((await get()).status).to.include({ currentReplicas: 3, updatedReplicas: 3 });
    });

    it('leave pods below the partition alone, and make those anew as they were', async () => {
      await create({ updateStrategy: { rollingUpdate: { partition: 2 } } });
      await done();
      await setImage('nginx:2');
      await world.eventually(async () => expect(await images()).to.deep.equal(['nginx:1', 'nginx:1', 'nginx:2']));
      await world.client.delete(pod, { ...name, name: 'web-0' });
      await world.client.delete(pod, { ...name, name: 'web-2' });
      await world.settle(5000);
      expect(await images()).to.deep.equal(['nginx:1', 'nginx:1', 'nginx:2']);
      expect((await get()).status).to.include({ currentReplicas: 2, updatedReplicas: 1, readyReplicas: 3 });
      await patch({ updateStrategy: { rollingUpdate: { partition: 0 } } });
      await done();
      expect(await images()).to.deep.equal(['nginx:2', 'nginx:2', 'nginx:2']);
    });

    it('take as many pods down as maxUnavailable says', async () => {
      await create({
        replicas: 5,
        podManagementPolicy: 'Parallel',
        updateStrategy: { rollingUpdate: { maxUnavailable: '40%' } },
      });
      await done(5);
      world.podsGo = false;
      await setImage('nginx:2');
      await world.settle(5000);
      const going = (await pods()).filter((one) => one.metadata.deletionTimestamp);
      expect(going.map((one) => one.metadata.name)).to.deep.equal(['web-3', 'web-4']);
    });

    it('wait for who deletes pods with OnDelete', async () => {
      await create({ updateStrategy: { type: 'OnDelete' } });
      await world.eventually(async () => expect((await get()).status!.readyReplicas).to.equal(3));
      await setImage('nginx:2');
      await world.settle(5000);
      expect(await images()).to.deep.equal(['nginx:1', 'nginx:1', 'nginx:1']);
      await world.client.delete(pod, { ...name, name: 'web-1' });
      await world.settle(5000);
      expect(await images()).to.deep.equal(['nginx:1', 'nginx:2', 'nginx:1']);
    });

    it('count only pods that have been ready for minReadySeconds', async () => {
      await create({ replicas: 2, minReadySeconds: 30 });
      await world.settle(20_000);
      expect(await podNames()).to.deep.equal(['web-0']);
      expect((await get()).status).to.include({ readyReplicas: 1, availableReplicas: 0 });
      await world.settle(20_000);
      expect(await podNames()).to.deep.equal(['web-0', 'web-1']);
      await world.settle(40_000);
      expect((await get()).status).to.include({ readyReplicas: 2, availableReplicas: 2 });
    });

    it('are undone by the patch that a revision keeps, which becomes the newest again', async () => {
      await create();
      await done();
      await setImage('nginx:2');
      await done();
      const all = await revisions();
      const first = all.find((one) => one.revision === 1)!;
      await world.client.patch(statefulSet, name, 'strategic', first.data);
      await done();
      expect(await images()).to.deep.equal(['nginx:1', 'nginx:1', 'nginx:1']);
      const now = await revisions();
      expect(now.map((one) => one.revision).sort()).to.deep.equal([2, 3]);
      expect(now.find((one) => one.revision === 3)!.metadata.uid).to.equal(first.metadata.uid);
    });

    it('keep as many old revisions as they are told', async () => {
      await create({ replicas: 1, revisionHistoryLimit: 1 });
      for (const image of ['nginx:2', 'nginx:3', 'nginx:4']) {
        await done(1);
        await setImage(image);
      }
      await done(1);
      await world.eventually(async () => {
        expect((await revisions()).map((one) => one.revision).sort()).to.deep.equal([3, 4]);
      });
    });

    const broken = { phase: 'Pending', containerStatuses: [waiting('ImagePullBackOff')] };
    for (const policy of ['OrderedReady', 'Parallel']) {
      it(`replace a pod that cannot come up once the template is repaired (${policy})`, async () => {
        await create({ podManagementPolicy: policy });
        await done();
        world.podsBecomeReady = false;
        await setImage('typo');
        await world.eventually(async () => expect(imageOf(await getPod(2))).to.equal('typo'));
        await world.settle(1000);
        const stuck = await getPod(2);
        await world.client.updateStatus(pod, { ...stuck, status: { ...stuck.status, ...broken } });
        world.podsBecomeReady = true;
        await setImage('nginx:1');
        await done();
        expect(await images()).to.deep.equal(['nginx:1', 'nginx:1', 'nginx:1']);
      });
    }

    it('wait for a pod that runs but is not ready, as upstream does', async () => {
      await create();
      await done();
      await world.ready(await getPod(1), false);
      await setImage('nginx:2');
      await world.settle(5000);
      expect(await images()).to.deep.equal(['nginx:1', 'nginx:1', 'nginx:1']);
    });
  });

  it('makes pods anew that failed or ended', async () => {
    await create({ replicas: 1 });
    await done(1);
    for (const phase of ['Failed', 'Succeeded'] as const) {
      const { uid } = (await getPod(0)).metadata;
      await world.ready(await getPod(0), false, phase);
      await world.eventually(async () => expect((await getPod(0)).metadata.uid).to.not.equal(uid));
      await done(1);
    }
    const events = await world.events('web');
    expect(events).to.include('RecreatingFailedPod: StatefulSet default/web is recreating failed Pod web-0');
    expect(events).to.include('RecreatingTerminatedPod: StatefulSet default/web is recreating terminated Pod web-0');
  });

  it('says why it cannot make a pod', async () => {
    world.noPodsBecause = 'pods "web-0" is forbidden: exceeded quota: q';
    await create({ replicas: 1 });
    const failed =
      'FailedCreate: create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: exceeded quota: q';
    await world.eventually(async () => expect(await world.events('web')).to.include(failed));
    expect((await get()).status).to.include({ replicas: 0, observedGeneration: 1 });
    world.noPodsBecause = undefined;
    await done(1);
  });

  it('waits for a name that somebody else’s pod has', async () => {
    await world.client.create(pod, { metadata: { ...name, name: 'web-0' }, spec: template().spec });
    await create({ replicas: 1 });
    await world.settle(5000);
    expect((await get()).status!.replicas).to.equal(0);
    await world.client.delete(pod, { ...name, name: 'web-0' });
    await done(1);
  });

  it('takes another name for a revision when one is taken', async () => {
    const { metadata } = await create({ replicas: 0 });
    await world.eventually(async () => expect(await revisions()).to.have.length(1));
    const [taken] = await revisions();
    await world.client.delete(statefulSet, metadata);
    await world.eventually(async () => expect(await revisions()).to.have.length(0));
    await world.client.create(controllerRevision, {
      metadata: { ...name, name: taken!.metadata.name },
      data: { other: true },
      revision: 1,
    });
    await create();
    await done();
    expect((await get()).status!.collisionCount).to.equal(1);
  });

  describe('when it is deleted', () => {
    it('takes its pods and revisions along', async () => {
      await create();
      await done();
      await world.client.delete(statefulSet, name);
      await world.eventually(async () => {
        expect(await pods()).to.deep.equal([]);
        expect(await revisions()).to.deep.equal([]);
      });
    });

    it('leaves orphans, which the next of its name adopts', async () => {
      await create({ volumeClaimTemplates: [claimTemplate] });
      await done();
      const before = await pods();
      await world.client.delete(statefulSet, name, { propagationPolicy: 'Orphan' });
      await world.eventually(async () => {
        for (const one of [...(await pods()), ...(await revisions())]) expect(controllerOf(one)).to.equal(undefined);
      });
      const { metadata } = await create({ volumeClaimTemplates: [claimTemplate] });
      await done();
      const after = await pods();
      expect(after.map((one) => one.metadata.uid)).to.deep.equal(before.map((one) => one.metadata.uid));
      for (const one of [...after, ...(await revisions())]) expect(controllerOf(one)!.uid).to.equal(metadata.uid);
      expect(await revisions()).to.have.length(1);
    });
  });

  it('releases pods that its selector does not want, and adopts those it does', async () => {
    await create({ replicas: 1 });
    await done(1);
    const before = await getPod(0);
    await world.client.patch(pod, before.metadata, 'merge', { metadata: { labels: { app: 'other' } } });
    await world.eventually(async () => expect(controllerOf(await getPod(0))).to.equal(undefined));
    await world.client.patch(pod, before.metadata, 'merge', { metadata: { labels: { app: 'web' } } });
    await world.eventually(async () => expect(controllerOf(await getPod(0))?.kind).to.equal('StatefulSet'));
    expect((await getPod(0)).metadata.uid).to.equal(before.metadata.uid);
  });

  it('gives back the label that a pod lost', async () => {
    await create({ replicas: 1 });
    await done(1);
    const label = { 'statefulset.kubernetes.io/pod-name': null };
    await world.client.patch(pod, { ...name, name: 'web-0' }, 'merge', { metadata: { labels: label } });
    await world.eventually(async () => {
      expect((await getPod(0)).metadata.labels).to.include({ 'statefulset.kubernetes.io/pod-name': 'web-0' });
    });
    expect(await eventsOf()).to.include('SuccessfulUpdate: update Pod web-0');
  });

  it('is scaled through its subresource', async () => {
    await create();
    await done();
    const scale = { spec: { replicas: 1 } };
    await world.client.patch(statefulSet, name, 'merge', scale, { subresource: 'scale' });
    await done(1);
  });

  it('keeps conditions that others wrote', async () => {
    await create({ replicas: 1 });
    await done(1);
    const conditions = [{ type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' }];
    const set = await get();
    await world.client.updateStatus(statefulSet, { ...set, status: { ...set.status!, conditions } });
    await patch({ replicas: 2 });
    await done(2);
    expect((await get()).status!.conditions).to.deep.equal(conditions);
  });

  describe('claims', () => {
    const withPolicy = (whenDeleted: string, whenScaled: string, replicas = 2) =>
      create({
        replicas,
        volumeClaimTemplates: [claimTemplate],
        persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled },
      });
    const owners = async () =>
      (await claims()).map((one) => (one.metadata.ownerReferences ?? []).map(({ kind }) => kind).join());

    it('are made for each pod and stay, whatever happens to it', async () => {
      await create({ replicas: 2, volumeClaimTemplates: [claimTemplate] });
      await done(2);
      const [one] = await claims();
      expect(one!.metadata).to.include({ name: 'data-web-0' });
      expect(one!.metadata.labels).to.deep.equal({ own: 'label', app: 'web' });
      expect(await owners()).to.deep.equal(['', '']);
      expect((await getPod(0)).spec!.volumes).to.deep.include({
        name: 'data',
        persistentVolumeClaim: { claimName: 'data-web-0' },
      });
      const created = 'SuccessfulCreate: create Claim data-web-0 Pod web-0 in StatefulSet web success';
      expect(await world.events('web')).to.include(created);
      await patch({ replicas: 1 });
      await done(1);
      await world.client.delete(statefulSet, name);
      await world.settle(5000);
      expect(await claims()).to.have.length(2);
    });

    it('go with the set when they shall', async () => {
      await withPolicy('Delete', 'Retain');
      await done(2);
      expect(await owners()).to.deep.equal(['StatefulSet', 'StatefulSet']);
      await patch({ replicas: 1 });
      await done(1);
      expect(await claims()).to.have.length(2);
      await world.client.delete(statefulSet, name);
      await world.eventually(async () => expect(await claims()).to.have.length(0));
    });

    it('go with the pods of a set that gets smaller when they shall', async () => {
      await withPolicy('Retain', 'Delete', 3);
      await done(3);
      expect(await owners()).to.deep.equal(['', '', '']);
      await patch({ replicas: 1 });
      await done(1);
      await world.eventually(async () => expect(await claims()).to.have.length(1));
      await world.client.delete(statefulSet, name);
      await world.settle(5000);
      expect(await claims()).to.have.length(1);
    });

    it('follow a policy that changes', async () => {
      await withPolicy('Delete', 'Delete');
      await done(2);
      await patch({ persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' } });
      await world.eventually(async () => expect(await owners()).to.deep.equal(['', '']));
    });

    it('are waited for while they are being deleted with an earlier pod', async () => {
      await withPolicy('Retain', 'Delete');
      await done(2);
      const one = { ...name, name: 'data-web-1' };
      await world.client.patch(persistentVolumeClaim, one, 'merge', { metadata: { finalizers: ['test/hold'] } });
      await patch({ replicas: 1 });
      await done(1);
      await patch({ replicas: 2 });
      await world.settle(5000);
      expect(await podNames()).to.deep.equal(['web-0']);
      await world.client.patch(persistentVolumeClaim, one, 'merge', { metadata: { finalizers: null } });
      await done(2);
      expect(await claims()).to.have.length(2);
    });

    it('are made again for a pod that waits for them', async () => {
      world.podsBecomeReady = false;
      await create({ replicas: 1, volumeClaimTemplates: [claimTemplate] });
      await world.eventually(async () => expect(await podNames()).to.deep.equal(['web-0']));
      const waits = await getPod(0);
      await world.client.updateStatus(pod, { ...waits, status: { ...waits.status, phase: 'Pending' } });
      await world.client.delete(persistentVolumeClaim, { ...name, name: 'data-web-0' });
      await world.eventually(async () => expect(await claims()).to.have.length(1));
    });

    it('that cannot be made are why there is no pod', async () => {
      const why = 'persistentvolumeclaims "data-web-0" is forbidden: exceeded quota: q';
      world.answer = (method, url) =>
        method === 'POST' && url.endsWith('/persistentvolumeclaims') ? new ApiError(403, 'Forbidden', why) : undefined;
      await create({ replicas: 1, volumeClaimTemplates: [claimTemplate] });
      const ofPod = 'create Pod web-0 in StatefulSet web failed error: failed to create PVC data-web-0';
      await world.eventually(async () =>
        expect(await world.events('web')).to.include.members([
          `FailedCreate: create Claim data-web-0 for Pod web-0 in StatefulSet web failed error: ${why}`,
          `FailedCreate: ${ofPod}: ${why}`,
        ]),
      );
      expect(await pods()).to.deep.equal([]);
      world.answer = undefined;
      await done(1);
    });

    it('that are being deleted hold the pod back', async () => {
      const metadata = { ...name, name: 'data-web-0', finalizers: ['test/hold'] };
      await world.client.create(persistentVolumeClaim, { metadata, spec: claimTemplate.spec });
      await world.client.delete(persistentVolumeClaim, metadata);
      await create({ replicas: 1, volumeClaimTemplates: [claimTemplate] });
      const message = 'create Pod web-0 in StatefulSet web failed error: pvc data-web-0 is being deleted';
      await world.eventually(async () => expect(await world.events('web')).to.include(`FailedCreate: ${message}`));
      await world.client.patch(persistentVolumeClaim, metadata, 'merge', { metadata: { finalizers: null } });
      await done(1);
    });

    it('that somebody else controls are left to them', async () => {
      const controller = { apiVersion: 'example.com/v1', kind: 'Backup', name: 'b', uid: 'b-uid', controller: true };
      const metadata = { ...name, name: 'data-web-0', ownerReferences: [controller] };
      await world.client.create(persistentVolumeClaim, { metadata, spec: claimTemplate.spec });
      await withPolicy('Delete', 'Delete', 1);
      await done(1);
      expect((await claims())[0]!.metadata.ownerReferences).to.deep.equal([controller]);
      expect((await world.events('web')).join()).to.contain('ConflictingController: PersistentVolumeClaim data-web-0');
    });
  });
});

function waiting(reason: string) {
  return { name: 'c', image: 'typo', imageID: '', ready: false, restartCount: 0, state: { waiting: { reason } } };
}
