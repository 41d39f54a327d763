import { expect } from 'chai';
import { persistentVolumeClaim, type PersistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import { persistentVolume, type PersistentVolume } from '../../../src/api/core-v1/persistent-volume.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { storageClass } from '../../../src/api/storage-v1/storage-class.ts';
import type { Client } from '../../../src/client/client.ts';
import { crashTest } from '../crash-test.ts';
import { World } from '../world.ts';

const BINDER = 'persistentvolume-binder-controller';
const at = (name: string) => ({ namespace: 'default', name });

const makeClaim = (client: Client, name: string, spec: object = {}) =>
  client.create(persistentVolumeClaim, {
    metadata: at(name),
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: '',
      ...spec,
    },
  });
const makeVolume = (client: Client, name: string, spec: object = {}) =>
  client.create(persistentVolume, {
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' }, hostPath: { path: '/tmp/x' }, ...spec },
  });
const makeClass = (client: Client, name: string, rest: object = {}, annotations: Record<string, string> = {}) =>
  client.create(storageClass, { metadata: { name, annotations }, provisioner: 'example.com/disks', ...rest });

describe('persistent volume binder', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({ only: [BINDER], kubelet: false });
  });
  afterEach(() => world.stop());

  const claimOf = (name: string) => world.client.get(persistentVolumeClaim, at(name));
  const volumeOf = (name: string) => world.client.get(persistentVolume, { name });
  const eventuallyClaim = (name: string, check: (claim: PersistentVolumeClaim) => void) =>
    world.eventually(async () => check(await claimOf(name)));
  const eventuallyVolume = (name: string, check: (volume: PersistentVolume) => void) =>
    world.eventually(async () => check(await volumeOf(name)));
  const phase = (expected: string) => (object: PersistentVolumeClaim | PersistentVolume) =>
    expect(object.status?.phase).to.equal(expected);
  const eventuallyEvent = (name: string, text: string) =>
    world.eventually(async () => expect(await world.events(name)).to.include(text));

  it('binds both ends, and says so on both', async () => {
    await makeVolume(world.client, 'v');
    const { metadata } = await makeClaim(world.client, 'c');
    await eventuallyClaim('c', phase('Bound'));
    const claim = await claimOf('c');
    expect(claim.spec?.volumeName).to.equal('v');
    expect(claim.status).to.deep.include({ capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'] });
    expect(claim.metadata.annotations).to.include({
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
    });
    const volume = await volumeOf('v');
    expect(volume.status?.phase).to.equal('Bound');
    expect(volume.spec?.claimRef).to.deep.include({ kind: 'PersistentVolumeClaim', uid: metadata.uid });
    expect(volume.metadata.annotations).to.include({ 'pv.kubernetes.io/bound-by-controller': 'yes' });
  });

  it('gives no volume to two claims, and the next one to who waits', async () => {
    await makeVolume(world.client, 'v1');
    const names = ['a', 'b', 'c'];
    await Promise.all(names.map((name) => makeClaim(world.client, name)));
    const boundOnes = async () => {
      const claims = await Promise.all(names.map(claimOf));
      return claims.filter((claim) => claim.status?.phase === 'Bound').map((claim) => claim.spec?.volumeName);
    };
    await world.eventually(async () => expect(await boundOnes()).to.deep.equal(['v1']));
    await makeVolume(world.client, 'v2');
    await makeVolume(world.client, 'v3');
    await world.eventually(async () => expect(await boundOnes()).to.have.members(['v1', 'v2', 'v3']));
  });

  it('says why a claim waits, and binds it when what it lacks comes', async () => {
    await makeClaim(world.client, 'c', { storageClassName: 'fast' });
    await eventuallyEvent('c', 'ProvisioningFailed: storageclass.storage.k8s.io "fast" not found');
    await makeClass(world.client, 'fast');
    await eventuallyClaim('c', ({ metadata }) =>
      expect(metadata.annotations).to.include({
        'volume.kubernetes.io/storage-provisioner': 'example.com/disks',
        'volume.beta.kubernetes.io/storage-provisioner': 'example.com/disks',
      }),
    );
    await makeVolume(world.client, 'v', { storageClassName: 'fast' });
    await eventuallyClaim('c', phase('Bound'));
  });

  it('waits for the node of the first user', async () => {
    await makeClass(world.client, 'late', { volumeBindingMode: 'WaitForFirstConsumer' });
    await makeVolume(world.client, 'v', { storageClassName: 'late' });
    await eventuallyVolume('v', phase('Available'));
    await makeClaim(world.client, 'c', { storageClassName: 'late' });
    await eventuallyEvent('c', 'WaitForFirstConsumer: waiting for first consumer to be created before binding');
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'c' } }];
    await world.client.create(pod, { metadata: at('p'), spec: { containers: [{ name: 'c', image: 'i' }], volumes } });
    await eventuallyEvent('c', 'WaitForPodScheduled: waiting for pod p to be scheduled');
    const patch = { metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'n1' } } };
    await world.client.patch(persistentVolumeClaim, at('c'), 'merge', patch);
    await eventuallyClaim('c', phase('Bound'));
  });

  it('gives a claim of no class the default one that comes later', async () => {
    await makeClaim(world.client, 'c', { storageClassName: undefined });
    await eventuallyEvent(
      'c',
      'FailedBinding: no persistent volumes available for this claim and no storage class is set',
    );
    await makeClass(world.client, 'usual', {}, { 'storageclass.kubernetes.io/is-default-class': 'true' });
    await eventuallyClaim('c', ({ spec }) => expect(spec?.storageClassName).to.equal('usual'));
  });

  it('releases the volume of a deleted claim, and loses a claim without its volume', async () => {
    await makeVolume(world.client, 'v');
    await makeClaim(world.client, 'c');
    await eventuallyClaim('c', phase('Bound'));
    await world.client.patch(persistentVolumeClaim, at('c'), 'merge', { metadata: { finalizers: null } });
    await world.client.delete(persistentVolumeClaim, at('c'));
    await eventuallyVolume('v', phase('Released'));

    await makeVolume(world.client, 'w');
    await makeClaim(world.client, 'd');
    await eventuallyClaim('d', phase('Bound'));
    await world.client.patch(persistentVolume, { name: 'w' }, 'merge', { metadata: { finalizers: null } });
    await world.client.delete(persistentVolume, { name: 'w' });
    await eventuallyClaim('d', phase('Lost'));
    await eventuallyEvent('d', 'ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  });

  it('cannot delete the storage behind a volume, and says so', async () => {
    await makeVolume(world.client, 'v', { persistentVolumeReclaimPolicy: 'Delete' });
    await makeClaim(world.client, 'c');
    await eventuallyClaim('c', phase('Bound'));
    await world.client.patch(persistentVolumeClaim, at('c'), 'merge', { metadata: { finalizers: null } });
    await world.client.delete(persistentVolumeClaim, at('c'));
    await eventuallyVolume('v', (volume) => {
      phase('Failed')(volume);
      expect(volume.status?.message).to.include('no deletable volume plugin matched');
    });
  });

  it('has a pod empty a volume that is to be recycled, then offers it again', async () => {
    await makeVolume(world.client, 'v', { persistentVolumeReclaimPolicy: 'Recycle' });
    await makeClaim(world.client, 'c');
    await eventuallyClaim('c', phase('Bound'));
    await world.client.patch(persistentVolumeClaim, at('c'), 'merge', { metadata: { finalizers: null } });
    await world.client.delete(persistentVolumeClaim, at('c'));
    const recycler = await world.eventually(() => world.client.get(pod, at('recycler-for-v')));
    await eventuallyVolume('v', phase('Released'));
    await world.client.updateStatus(pod, { ...recycler, status: { phase: 'Succeeded' } });
    await eventuallyVolume('v', (volume) => {
      phase('Available')(volume);
      expect(volume.spec?.claimRef).to.equal(undefined);
    });
    expect(await world.client.find(pod, at('recycler-for-v'))).to.equal(undefined);
    await eventuallyEvent('v', 'VolumeRecycled: Volume recycled');
  });

  it('survives a crash after every write', async () => {
    await crashTest({
      name: 'binding',
      controllers: [BINDER],
      setUp: async (client) => {
        await makeVolume(client, 'v1');
        await makeVolume(client, 'v2', { capacity: { storage: '9Gi' } });
        await makeClaim(client, 'a');
        await makeClaim(client, 'b', { volumeName: 'v2' });
      },
      act: [
        async (client) => {
          await client.patch(persistentVolumeClaim, at('a'), 'merge', { metadata: { finalizers: null } });
          await client.delete(persistentVolumeClaim, at('a'));
        },
      ],
      kinds: [persistentVolume, persistentVolumeClaim],
      ignore: ['spec.claimRef.uid', 'spec.claimRef.resourceVersion'],
      check: ([volumes, claims]) => {
        expect(volumes!.map(({ status }) => status.phase)).to.have.members(['Released', 'Bound']);
        expect(claims!.map(({ status }) => status.phase)).to.deep.equal(['Bound']);
      },
    });
  });
});
