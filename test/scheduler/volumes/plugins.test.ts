import { expect } from 'chai';
import type { PersistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import type { KubeObject } from '../../../src/apimachinery/object.ts';
import { nodeVolumeLimits } from '../../../src/scheduler/plugins/node-volume-limits.ts';
import { volumeBinding } from '../../../src/scheduler/plugins/volume-binding.ts';
import { volumeRestrictions } from '../../../src/scheduler/plugins/volume-restrictions.ts';
import { volumeZone } from '../../../src/scheduler/plugins/volume-zone.ts';
import { podInfo } from '../../../src/scheduler/pod-info.ts';
import { Snapshot } from '../../../src/scheduler/snapshot.ts';
import { aClaim, aClass, aVolume, refTo } from '../../controllers/persistent-volume-binder/objects.ts';
import { aNode, aPod } from '../objects.ts';
import { made, refusals } from './storage.ts';

const zone = 'topology.kubernetes.io/zone';

/** Nodes `a` and `b` in zones of the same names, with these pods on `a`. */
function twoNodes(...podsOnA: ReturnType<typeof aPod>[]): Snapshot {
  const snapshot = new Snapshot();
  for (const name of ['a', 'b']) snapshot.setNode(aNode(name, { labels: { [zone]: name } }));
  for (const pod of podsOnA) snapshot.setPod({ ...pod, spec: { ...pod.spec!, nodeName: 'a' } });
  return snapshot;
}

const user = (...claims: string[]) =>
  aPod('p', {}, { volumes: claims.map((name) => ({ name, persistentVolumeClaim: { claimName: name } })) });
const onNode = (name: string) => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: 'In', values: [name] }] }] },
});
const bound = (name: string, volumeName: string, spec: object = {}): PersistentVolumeClaim =>
  aClaim(name, { volumeName, ...spec }, { meta: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } } });

describe('VolumeBinding', () => {
  const late = aClass('late', {
    volumeBindingMode: 'WaitForFirstConsumer',
    provisioner: 'kubernetes.io/no-provisioner',
  });
  const made2 = aClass('made', { volumeBindingMode: 'WaitForFirstConsumer' });
  const open = (spec: object = {}, meta: object = {}) => aClaim('c', { storageClassName: 'late', ...spec }, { meta });
  const lateVolume = (name: string, spec: object = {}) => aVolume(name, { storageClassName: 'late', ...spec });
  const driver = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIDriver',
    metadata: { name: 'example.com/disks', uid: 'd', resourceVersion: '1', creationTimestamp: '' },
    spec: { storageCapacity: true },
  };
  const capacity = (rest: object) => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIStorageCapacity',
    metadata: {
      namespace: 'x',
      name: `cap-${JSON.stringify(rest).length}`,
      uid: 'k',
      resourceVersion: '1',
      creationTimestamp: '',
    },
    storageClassName: 'made',
    nodeTopology: { matchLabels: { [zone]: 'a' } },
    ...rest,
  });
  const conflict = 'node(s) had volume node affinity conflict';
  const noMatch = "node(s) didn't find available persistent volumes to bind";
  const noSpace = 'node(s) did not have enough free storage';

  const everywhere: [string, KubeObject[], string][] = [
    ['there is no such claim', [], 'persistentvolumeclaim "c" not found'],
    ['its claim is not bound', [aClaim('c')], 'pod has unbound immediate PersistentVolumeClaims'],
    [
      'its claim goes',
      [aClaim('c', {}, { meta: { deletionTimestamp: '2026-01-01T00:00:00Z' } })],
      'persistentvolumeclaim "c" is being deleted',
    ],
    [
      'its claim has lost its volume',
      [aClaim('c', { volumeName: 'v' }, { status: { phase: 'Lost' } })],
      'persistentvolumeclaim "c" bound to non-existent persistentvolume "v"',
    ],
  ];
  for (const [what, objects, why] of everywhere) {
    it(`says of all nodes that ${what}`, () =>
      expect(refusals(made(volumeBinding, ...objects), podInfo(user('c')), twoNodes())).to.equal(why));
  }

  it('tells claims that are made for the pod from those that happen to have the name', () => {
    const pod = aPod('p', {}, { volumes: [{ name: 'x', ephemeral: { volumeClaimTemplate: {} } }] });
    const say = (...objects: KubeObject[]) => refusals(made(volumeBinding, ...objects), podInfo(pod), twoNodes());
    expect(say()).to.equal('waiting for ephemeral volume controller to create the persistentvolumeclaim "p-x"');
    expect(say(bound('p-x', 'v'))).to.equal('PVC default/p-x was not created for pod default/p (pod is not owner)');
  });

  const nodes: [string, KubeObject[], [a: string, b: string]][] = [
    ['a volume that is everywhere', [bound('c', 'v'), aVolume('v')], ['', '']],
    ['a volume of one node', [bound('c', 'v'), aVolume('v', { nodeAffinity: onNode('a') })], ['', conflict]],
    [
      'a volume that is gone',
      [bound('c', 'v')],
      [
        'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
        'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)',
      ],
    ],
    ['a free volume', [late, open(), lateVolume('v', { nodeAffinity: onNode('a') })], ['', noMatch]],
    [
      'free volumes that are too small',
      [late, open(), lateVolume('v', { capacity: { storage: '1Mi' } })],
      [noMatch, noMatch],
    ],
    [
      'a volume kept for the claim elsewhere',
      [
        late,
        open(),
        lateVolume('v'),
        lateVolume('kept', { nodeAffinity: onNode('b'), claimRef: { namespace: 'default', name: 'c' } }),
      ],
      [noMatch, ''],
    ],
    ['somebody who makes volumes', [made2, open({ storageClassName: 'made' })], ['', '']],
    [
      'somebody who makes volumes in some zones',
      [
        { ...made2, allowedTopologies: [{ matchLabelExpressions: [{ key: zone, values: ['b', 'c'] }] }] } as KubeObject,
        open({ storageClassName: 'made' }),
      ],
      [noMatch, ''],
    ],
    [
      'a volume that is being made',
      [made2, open({ storageClassName: 'made' }, { annotations: { 'volume.kubernetes.io/selected-node': 'b' } })],
      [conflict, ''],
    ],
    [
      'a driver with room',
      [driver, made2, capacity({ capacity: '2Gi' }), open({ storageClassName: 'made' })],
      ['', noSpace],
    ],
    [
      'a driver whose volumes are small',
      [driver, made2, capacity({ capacity: '2Gi', maximumVolumeSize: '1Mi' }), open({ storageClassName: 'made' })],
      [noSpace, noSpace],
    ],
  ];
  for (const [what, objects, [a, b]] of nodes) {
    it(`goes by ${what}`, () =>
      expect(refusals(made(volumeBinding, ...objects), podInfo(user('c')), twoNodes())).to.deep.equal({ a, b }));
  }

  it('does not give one volume to two claims, of one pod or of two', () => {
    const claims = ['c', 'd'].map((name) => aClaim(name, { storageClassName: 'late' }));
    const plugin = made(volumeBinding, late, ...claims, lateVolume('v'));
    const snapshot = twoNodes();
    expect(refusals(plugin, podInfo(user('c', 'd')), snapshot)).to.deep.equal({ a: noMatch, b: noMatch });
    const first = podInfo(user('c'));
    const before = plugin.preFilter!(first, snapshot);
    if (before === 'skip' || 'rejection' in before) throw new Error('it has claims');
    const node = snapshot.node('a')!;
    plugin.filter!(first, node, before.state);
    plugin.reserve!(first, node, before.state);
    expect(refusals(plugin, podInfo(user('d')), snapshot)).to.deep.equal({ a: noMatch, b: noMatch });
    expect(refusals(plugin, podInfo(user('c')), snapshot)).to.deep.equal({ a: '', b: '' });
    plugin.unreserve!(first, 'a', before.state);
    expect(refusals(plugin, podInfo(user('d')), snapshot)).to.deep.equal({ a: '', b: '' });
  });

  it('wakes a pod for its own claims only', () => {
    const [claims] = made(volumeBinding).wakesOn!;
    const helps = (name: string) =>
      claims!.helps!(podInfo(user('c')), { name: 'PersistentVolumeClaimUpdate', object: aClaim(name) });
    expect([helps('c'), helps('d')]).to.deep.equal([true, false]);
  });
});

describe('VolumeZone', () => {
  const say = (labels: Record<string, string>, snapshot = twoNodes()) =>
    refusals(made(volumeZone, bound('c', 'v'), aVolume('v', {}, { meta: { labels } })), podInfo(user('c')), snapshot);
  const away = 'node(s) had no available volume zone';

  it('keeps the pod in the zones of its volume, by the old names too', () => {
    expect(say({ [zone]: 'a' })).to.deep.equal({ a: '', b: away });
    expect(say({ [zone]: 'b__c' })).to.deep.equal({ a: away, b: '' });
    expect(say({ 'failure-domain.beta.kubernetes.io/zone': 'a' })).to.deep.equal({ a: '', b: away });
    expect(say({ 'topology.kubernetes.io/region': 'r' })).to.deep.equal({ a: away, b: away });
    expect(say({})).to.deep.equal({ a: '', b: '' });
  });

  it('lets nodes be that say nothing of where they are', () => {
    const snapshot = new Snapshot();
    snapshot.setNode(aNode('a'));
    expect(say({ [zone]: 'x' }, snapshot)).to.deep.equal({ a: '' });
  });
});

describe('VolumeRestrictions', () => {
  const once = aClaim('c', { accessModes: ['ReadWriteOncePod'] });
  const inUse = 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode';

  it('gives a claim for one pod to one pod, and says how preemption helps', () => {
    const plugin = made(volumeRestrictions, once);
    const holder = user('c');
    const snapshot = twoNodes(holder);
    const pod = podInfo(user('c'));
    expect(refusals(plugin, pod, snapshot)).to.deep.equal({ a: inUse, b: inUse });
    expect(refusals(plugin, pod, twoNodes())).to.deep.equal({ a: '', b: '' });
    const before = plugin.preFilter!(pod, snapshot);
    if (before === 'skip' || 'rejection' in before) throw new Error('it has such a claim');
    const [node, without] = [snapshot.node('a')!, plugin.cloneState!(before.state)];
    plugin.removePod!(pod, podInfo(holder), node, without);
    expect(plugin.filter!(pod, node, without)).to.equal(undefined);
    expect(plugin.filter!(pod, node, before.state)?.unresolvable).to.equal(false);
  });

  const disk = (volume: object) => aPod('p', {}, { volumes: [{ name: 'v', ...volume }] });
  const gce = (readOnly: boolean) => disk({ gcePersistentDisk: { pdName: 'd', readOnly } });
  const rbd = (rest: object) => disk({ rbd: { monitors: ['m1', 'm2'], image: 'i', ...rest } });
  const pairs: [string, ReturnType<typeof aPod>, ReturnType<typeof aPod>, boolean][] = [
    ['GCE disks', gce(false), gce(true), true],
    ['GCE disks for reading', gce(true), gce(true), false],
    [
      'EBS disks',
      disk({ awsElasticBlockStore: { volumeID: 'd', readOnly: true } }),
      disk({ awsElasticBlockStore: { volumeID: 'd' } }),
      true,
    ],
    ['iSCSI disks', disk({ iscsi: { iqn: 'q' } }), disk({ iscsi: { iqn: 'q' } }), true],
    ['RBD images', rbd({}), rbd({ pool: 'rbd', monitors: ['m2'] }), true],
    ['RBD images of two pools', rbd({}), rbd({ pool: 'other' }), false],
  ];
  for (const [what, one, other, conflict] of pairs) {
    it(`${conflict ? 'separates' : 'lets be'} pods with the same ${what}`, () =>
      expect(refusals(made(volumeRestrictions), podInfo(one), twoNodes(other))).to.deep.equal({
        a: conflict ? 'node(s) had no available disk' : '',
        b: '',
      }));
  }

  it('says that a claim is missing', () => {
    expect(refusals(made(volumeRestrictions), podInfo(user('c')), twoNodes())).to.equal(
      'persistentvolumeclaim "c" not found',
    );
  });
});

describe('NodeVolumeLimits', () => {
  const csiNode = (name: string, count: number) => ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '' },
    spec: { drivers: [{ name: 'example.com/disks', nodeID: name, allocatable: { count } }] },
  });
  const csiVolume = (name: string) =>
    aVolume(name, { csi: { driver: 'example.com/disks', volumeHandle: name }, hostPath: undefined });
  const storage = [csiVolume('v1'), csiVolume('v2'), bound('c1', 'v1'), bound('c2', 'v2'), bound('again', 'v1')];
  const full = 'node(s) exceed max volume count';

  it('counts each volume of a driver once, and those to come', () => {
    const plugin = made(nodeVolumeLimits, ...storage, csiNode('a', 1), csiNode('b', 1));
    expect(refusals(plugin, podInfo(user('c2')), twoNodes(user('c1')))).to.deep.equal({ a: full, b: '' });
    expect(refusals(plugin, podInfo(user('again')), twoNodes(user('c1')))).to.deep.equal({ a: '', b: '' });
    expect(refusals(plugin, podInfo(user('c1', 'c2')), twoNodes())).to.deep.equal({ a: full, b: full });
    const late = [aClass('fast'), aClaim('new', { storageClassName: 'fast' })];
    const more = made(nodeVolumeLimits, ...storage, ...late, csiNode('a', 1), csiNode('b', 0));
    expect(refusals(more, podInfo(user('new')), twoNodes())).to.deep.equal({ a: '', b: full });
  });

  it('knows no limit where the node tells none', () => {
    expect(refusals(made(nodeVolumeLimits, ...storage), podInfo(user('c1', 'c2')), twoNodes())).to.deep.equal({
      a: '',
      b: '',
    });
  });

  it('avoids nodes without the driver when that asks for it', () => {
    const driver = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: { name: 'example.com/disks', uid: 'd', resourceVersion: '1', creationTimestamp: '' },
      spec: { preventPodSchedulingIfMissing: true },
    };
    expect(
      refusals(made(nodeVolumeLimits, ...storage, driver, csiNode('a', 9)), podInfo(user('c1')), twoNodes()),
    ).to.deep.equal({
      a: '',
      b: 'example.com/disks CSI driver is not installed on the node',
    });
  });
});

describe('claims of the binder', () => {
  it('are seen as kept', () => {
    const claim = aClaim('c', { storageClassName: 'late' });
    const late = aClass('late', {
      volumeBindingMode: 'WaitForFirstConsumer',
      provisioner: 'kubernetes.io/no-provisioner',
    });
    const kept = aVolume('v', { storageClassName: 'late', claimRef: refTo(claim) });
    expect(refusals(made(volumeBinding, late, claim, kept), podInfo(user('c')), twoNodes())).to.deep.equal({
      a: '',
      b: '',
    });
  });
});
