import { expect } from 'chai';
import { persistentVolumeClaim } from '../../src/api/core-v1/persistent-volume-claim.ts';
import { persistentVolume } from '../../src/api/core-v1/persistent-volume.ts';
import { storageClass } from '../../src/api/storage-v1/storage-class.ts';
import { World } from './world.ts';

const at = { namespace: 'default', name: 'c' };
const told = 'ExternalExpanding: waiting for an external controller to expand this PVC';

describe('persistent volume expander', () => {
  let world: World;
  afterEach(() => world.stop());

  it('says of a claim that wants more that others have to see to it', async () => {
    const only = ['persistentvolume-binder-controller', 'persistentvolume-expander-controller'];
    world = await World.start({ only, kubelet: false });
    const { client } = world;
    await client.create(storageClass, {
      metadata: { name: 'x' },
      provisioner: 'x.example.com',
      allowVolumeExpansion: true,
    });
    const accessModes = ['ReadWriteOnce'];
    await client.create(persistentVolume, {
      metadata: { name: 'v' },
      spec: { accessModes, capacity: { storage: '1Gi' }, storageClassName: 'x', hostPath: { path: '/x' } },
    });
    await client.create(persistentVolumeClaim, {
      metadata: at,
      spec: { accessModes, storageClassName: 'x', resources: { requests: { storage: '1Gi' } } },
    });
    await world.eventually(async () =>
      expect((await client.get(persistentVolumeClaim, at)).status?.phase).to.equal('Bound'),
    );
    await world.settle();
    expect(await world.events('c')).not.to.include(told);
    const more = { spec: { resources: { requests: { storage: '2Gi' } } } };
    await client.patch(persistentVolumeClaim, at, 'merge', more);
    await world.eventually(async () => expect(await world.events('c')).to.include(told));
  });
});
