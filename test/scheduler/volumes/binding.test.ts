import { expect } from 'chai';
import { persistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import { persistentVolume } from '../../../src/api/core-v1/persistent-volume.ts';
import { storageClass } from '../../../src/api/storage-v1/storage-class.ts';
import { realClock } from '../../../src/base/clock.ts';
import { noLog } from '../../../src/base/log.ts';
import { realRandom } from '../../../src/base/random.ts';
import { ControllerManager } from '../../../src/controllers/index.ts';
import { BareCluster } from '../bare-cluster.ts';

const at = (name: string) => ({ namespace: 'default', name });
const host = 'kubernetes.io/hostname';

describe('volumes and scheduling, against the API server', () => {
  let world: BareCluster;
  let binder: ControllerManager;
  beforeEach(async () => {
    world = await BareCluster.start();
    const client = world.cluster.clientAs('system:kube-controller-manager');
    const selection = ['persistentvolume-binder-controller'];
    binder = new ControllerManager({ client, clock: realClock, random: realRandom, log: noLog, selection });
    await binder.start();
    for (const name of ['n1', 'n2']) await world.addNode(name, { labels: { [host]: name } });
  });
  afterEach(async () => {
    await binder.stop();
    await world.stop();
  });

  const makeClass = (provisioner: string) =>
    world.client.create(storageClass, {
      metadata: { name: 'late' },
      provisioner,
      volumeBindingMode: 'WaitForFirstConsumer',
    });
  const makeVolume = (name: string, nodeName: string, storage = '1Gi') =>
    world.client.create(persistentVolume, {
      metadata: { name },
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage },
        storageClassName: 'late',
        local: { path: '/data' },
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key: host, operator: 'In', values: [nodeName] }] }] },
        },
      },
    });
  const makeClaim = (name: string, storageClassName = 'late') =>
    world.client.create(persistentVolumeClaim, {
      metadata: at(name),
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName },
    });
  const addUser = (name: string, claimName: string) =>
    world.addPod(name, {}, { volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] });

  it('binds the volume of the node that it chooses', async () => {
    await makeClass('kubernetes.io/no-provisioner');
    await makeVolume('v', 'n2');
    await makeClaim('c');
    await addUser('p', 'c');
    expect(await world.nodeOf('p')).to.equal('n2');
    const claim = await world.client.get(persistentVolumeClaim, at('c'));
    expect([claim.status?.phase, claim.spec?.volumeName]).to.deep.equal(['Bound', 'v']);
  });

  it('waits for claims and volumes that come later', async () => {
    await addUser('p', 'c');
    await world.unschedulable(
      'p',
      '0/2 nodes are available: persistentvolumeclaim "c" not found. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    );
    await makeClass('kubernetes.io/no-provisioner');
    await makeClaim('c');
    await world.unschedulable(
      'p',
      /^0\/2 nodes are available: 2 node\(s\) didn't find available persistent volumes to bind\./,
    );
    await makeVolume('v', 'n1');
    expect(await world.nodeOf('p')).to.equal('n1');
  });

  it('says that a claim is not bound', async () => {
    await makeClaim('c', '');
    await addUser('p', 'c');
    await world.unschedulable('p', /^0\/2 nodes are available: pod has unbound immediate PersistentVolumeClaims\. /);
  });

  it('asks a provisioner for a volume at the chosen node, and binds the pod when it is there', async () => {
    await makeClass('example.com/disks');
    await makeClaim('c');
    await addUser('p', 'c');
    const selected = await world.eventually(async () => {
      const { metadata } = await world.client.get(persistentVolumeClaim, at('c'));
      expect(metadata.annotations).to.include({ 'volume.kubernetes.io/storage-provisioner': 'example.com/disks' });
      return metadata.annotations!['volume.kubernetes.io/selected-node']!;
    });
    await makeVolume('made', selected);
    expect(await world.nodeOf('p')).to.equal(selected);
  });

  it('tries anew when the provisioner cannot serve the node', async () => {
    await makeClass('example.com/disks');
    await makeClaim('c');
    await addUser('p', 'c');
    const annotated = (wanted: boolean) =>
      world.eventually(async () => {
        const { metadata } = await world.client.get(persistentVolumeClaim, at('c'));
        expect(metadata.annotations?.['volume.kubernetes.io/selected-node'] !== undefined).to.equal(wanted);
      });
    await annotated(true);
    const patch = { metadata: { annotations: { 'volume.kubernetes.io/selected-node': null } } };
    await world.client.patch(persistentVolumeClaim, at('c'), 'merge', patch);
    await world.unschedulable(
      'p',
      'running PreBind plugin "VolumeBinding": binding volumes: provisioning failed for PVC "c"',
    );
    await annotated(true);
  });
});
