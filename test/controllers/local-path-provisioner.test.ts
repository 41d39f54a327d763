import { expect } from 'chai';
import { node as nodeKind } from '../../src/api/core-v1/node.ts';
import { persistentVolumeClaim } from '../../src/api/core-v1/persistent-volume-claim.ts';
import { persistentVolume } from '../../src/api/core-v1/persistent-volume.ts';
import { storageClass } from '../../src/api/storage-v1/storage-class.ts';
import { planLocalPath } from '../../src/controllers/local-path-provisioner.ts';
import { isToRemove } from '../../src/kubelet/volumes/local-path-cleaner.ts';
import { World } from './world.ts';

const provisioner = 'coxswain.dev/local-path';
const hostname = 'kubernetes.io/hostname';
const key = { namespace: 'default', name: 'data' };
const spec = {
  accessModes: ['ReadWriteOnce'],
  resources: { requests: { storage: '1Gi' } },
  storageClassName: 'standard',
};
const standard = {
  metadata: { name: 'standard' },
  provisioner,
  parameters: { path: '/data/volumes/' },
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'WaitForFirstConsumer',
};

describe('local path provisioner', () => {
  describe('planLocalPath', () => {
    const claim = (fields: object = {}, annotations: object = { 'volume.kubernetes.io/selected-node': 'n1' }) =>
      ({ metadata: { ...key, uid: 'u1', resourceVersion: '5', annotations }, spec: { ...spec, ...fields } }) as never;
    const node = { metadata: { name: 'n1', labels: { [hostname]: 'host-1' } } } as never;
    const plan = (a: never, c: object | undefined = standard, n: never = node) => planLocalPath(a, c as never, n);

    it('makes a volume in a folder of the chosen node, for this claim alone', () => {
      const made = plan(claim());
      if (made.do !== 'create') throw new Error(made.do);
      const { metadata, spec: volume } = made.volume;
      expect(metadata.name).to.equal('pvc-u1');
      expect(volume).to.deep.include({
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'standard',
        persistentVolumeReclaimPolicy: 'Delete',
        local: { path: '/data/volumes/pvc-u1_default_data' },
      });
      expect(volume?.claimRef).to.include({ ...key, uid: 'u1' });
      expect(volume?.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions?.[0]?.values).to.deep.equal([
        'host-1',
      ]);
    });

    it('does nothing for the classes of others, and lets the scheduler choose anew when the node is gone', () => {
      expect(plan(claim(), { ...standard, provisioner: 'x/y' })).to.deep.equal({ do: 'nothing' });
      expect(planLocalPath(claim(), undefined, node)).to.deep.equal({ do: 'nothing' });
      expect(planLocalPath(claim(), standard as never, undefined)).to.deep.equal({ do: 'reschedule' });
    });

    for (const [why, made] of [
      ['must name a folder', () => plan(claim(), { ...standard, parameters: { path: 'x' } })],
      ['block volumes', () => plan(claim({ volumeMode: 'Block' }))],
      ['no node is selected', () => plan(claim({}, {}))],
    ] as const) {
      it(`says why it cannot: ${why}`, () => {
        const found = made();
        expect(found).to.include({ do: 'fail' });
        expect(found).to.have.property('message').that.contains('StorageClass "standard"').and.contains(why);
      });
    }
  });

  describe('isToRemove', () => {
    const volume = (path: string, fields: object = {}, phase = 'Released') =>
      ({
        metadata: { name: 'pv', annotations: { 'pv.kubernetes.io/provisioned-by': provisioner } },
        spec: {
          local: { path },
          persistentVolumeReclaimPolicy: 'Delete',
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: hostname, operator: 'In', values: ['n1'] }] }],
            },
          },
          ...fields,
        },
        status: { phase },
      }) as never;
    const n1 = { name: 'n1', labels: { [hostname]: 'n1' } };
    const cases: [string, never, boolean, typeof n1?][] = [
      ['what is released', volume('/v/x'), true],
      ['not what is bound', volume('/v/x', {}, 'Bound'), false],
      ['not what is to be kept', volume('/v/x', { persistentVolumeReclaimPolicy: 'Retain' }), false],
      ['nothing elsewhere', volume('/etc/x'), false],
      ['nothing above', volume('/v/..'), false],
      ['nothing deeper', volume('/v/x/y'), false],
      ['not what is on another node', volume('/v/x'), false, { name: 'n2', labels: { [hostname]: 'n2' } }],
    ];
    for (const [what, one, result, node = n1] of cases)
      it(what, () => expect(isToRemove(one, '/v', node)).to.equal(result));
  });

  describe('with the binder', () => {
    let world: World;
    beforeEach(async () => {
      const only = ['persistentvolume-binder-controller', 'local-path-provisioner-controller'];
      world = await World.start({ only, kubelet: false });
    });
    afterEach(() => world.stop());

    it('binds a claim when its first user has a node', async () => {
      await world.client.create(nodeKind, { metadata: { name: 'n1', labels: { [hostname]: 'n1' } } });
      await world.client.create(storageClass, structuredClone(standard));
      await world.client.create(persistentVolumeClaim, { metadata: { ...key }, spec });
      const annotations = { 'volume.kubernetes.io/selected-node': 'n1' };
      await world.client.patch(persistentVolumeClaim, key, 'merge', { metadata: { annotations } });
      const claim = await world.eventually(async () => {
        const found = await world.client.get(persistentVolumeClaim, key);
        expect(found.status?.phase).to.equal('Bound');
        return found;
      });
      const made = await world.client.get(persistentVolume, { name: `pvc-${claim.metadata.uid}` });
      expect(made.status?.phase).to.equal('Bound');
      const { items } = await world.client.list(persistentVolume);
      expect(items).to.have.length(1);
    });
  });
});
