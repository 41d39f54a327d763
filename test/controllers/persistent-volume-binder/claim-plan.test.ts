import { expect } from 'chai';
import {
  planClaim,
  type ClaimPlan,
  type ClaimWorld,
} from '../../../src/controllers/persistent-volume-binder/claim-plan.ts';
import { aPod } from '../objects.ts';
import { aClaim, aClass, aVolume, refTo } from './objects.ts';

const nothing: Omit<ClaimWorld, 'claim'> = {
  volume: undefined,
  candidates: [],
  storageClass: undefined,
  defaultClass: undefined,
  waitingPods: [],
};
const plan = (world: Partial<ClaimWorld> & Pick<ClaimWorld, 'claim'>) => planClaim({ ...nothing, ...world });

/** `bind v1`, or `wait Reason: message`. */
function told(one: ClaimPlan): string {
  if (one.do === 'bind') return `bind ${one.volume.metadata.name}`;
  if (one.do === 'set-class') return `class ${one.storageClassName}`;
  return [one.do, one.report && `${one.report.type} ${one.report.reason}: ${one.report.message}`]
    .filter(Boolean)
    .join(' ');
}

describe('plan of a claim', () => {
  const volumes = (...specs: object[]) => specs.map((spec, i) => aVolume(`v${i}`, spec));
  const size = (storage: string, more: object = {}) => ({ capacity: { storage }, ...more });

  const matches: [string, object, object[], string | undefined][] = [
    ['the smallest that is large enough', {}, [size('5Gi'), size('500Mi'), size('2Gi')], 'v2'],
    ['none that is too small', {}, [size('1000Mi')], undefined],
    ['the class must be the same', { storageClassName: 'fast' }, [{}, { storageClassName: 'fast' }], 'v1'],
    ['no class takes none with a class', {}, [{ storageClassName: 'fast' }], undefined],
    [
      'access modes: all that are asked for',
      { accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] },
      [{}, { accessModes: ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany'] }],
      'v1',
    ],
    [
      'few modes are better than a small size',
      {},
      [{ accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] }, size('9Gi')],
      'v1',
    ],
    ['volume mode', { volumeMode: 'Block' }, [{}, { volumeMode: 'Block' }], 'v1'],
    ['attributes class', { volumeAttributesClassName: 'gold' }, [{}, { volumeAttributesClassName: 'gold' }], 'v1'],
    ['a volume of somebody else', {}, [{ claimRef: { namespace: 'default', name: 'other', uid: 'x' } }], undefined],
    [
      'a volume kept for it, before any other',
      {},
      [{}, size('9Gi', { claimRef: { namespace: 'default', name: 'c' } })],
      'v1',
    ],
    [
      'one kept for an older claim of that name',
      {},
      [{ claimRef: { namespace: 'default', name: 'c', uid: 'old' } }],
      undefined,
    ],
    [
      'one kept for it that is too small',
      {},
      [size('1Mi', { claimRef: { namespace: 'default', name: 'c' } }), {}],
      'v1',
    ],
  ];
  for (const [what, spec, candidates, name] of matches) {
    it(`finds ${what}`, () => {
      const claim = aClaim('c', spec);
      const one = plan({ claim, candidates: volumes(...candidates), storageClass: aClass('fast') });
      if (name) expect(told(one)).to.equal(`bind ${name}`);
      else expect(one.do).to.equal('wait');
    });
  }

  it('heeds the selector, and leaves alone what is deleted or not yet offered', () => {
    const claim = aClaim('c', { selector: { matchLabels: { disk: 'ssd' } } });
    const labels = { disk: 'ssd' };
    const deleted = aVolume('deleted', {}, { meta: { labels, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    const fresh = aVolume('fresh', {}, { meta: { labels }, phase: 'Pending' });
    const large = aVolume('large', { capacity: { storage: '3Gi' } }, { meta: { labels } });
    expect(told(plan({ claim, candidates: [aVolume('other'), deleted, fresh, large] }))).to.equal('bind large');
  });

  const delayed = aClass('late', { volumeBindingMode: 'WaitForFirstConsumer' });
  const late = (meta: object = {}) => aClaim('c', { storageClassName: 'late' }, { meta });
  const waits: [string, Partial<ClaimWorld> & Pick<ClaimWorld, 'claim'>, string][] = [
    [
      'no class',
      { claim: aClaim('c') },
      'wait Normal FailedBinding: no persistent volumes available for this claim and no storage class is set',
    ],
    [
      'an unknown class',
      { claim: late() },
      'wait Warning ProvisioningFailed: storageclass.storage.k8s.io "late" not found',
    ],
    [
      'a class without provisioner',
      { claim: late(), storageClass: aClass('late', { provisioner: 'kubernetes.io/no-provisioner' }) },
      'wait Warning ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner',
    ],
    [
      'a provisioner',
      { claim: late(), storageClass: aClass('late') },
      "ask Normal ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'example.com/disks' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
    ],
    [
      'a first user',
      { claim: late(), storageClass: delayed, candidates: [aVolume('v', { storageClassName: 'late' })] },
      'wait Normal WaitForFirstConsumer: waiting for first consumer to be created before binding',
    ],
    [
      'the scheduler',
      { claim: late(), storageClass: delayed, waitingPods: [aPod({ name: 'b' }), aPod({ name: 'a' })] },
      'wait Normal WaitForPodScheduled: waiting for pod a,b to be scheduled',
    ],
    [
      'the provisioner, when a node was chosen',
      { claim: late({ annotations: { 'volume.kubernetes.io/selected-node': 'n1' } }), storageClass: delayed },
      "ask Normal ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'example.com/disks' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
    ],
    [
      'the default class',
      { claim: aClaim('c', { storageClassName: undefined }), defaultClass: aClass('usual') },
      'class usual',
    ],
  ];
  for (const [what, world, text] of waits) it(`waits for ${what}`, () => expect(told(plan(world))).to.equal(text));

  it('takes a volume that the scheduler chose although the class delays binding', () => {
    const claim = late();
    const chosen = aVolume('v', { storageClassName: 'late', claimRef: refTo(claim) });
    expect(told(plan({ claim, storageClass: delayed, candidates: [chosen] }))).to.equal('bind v');
  });

  const named = (meta: object = {}) => aClaim('c', { volumeName: 'v' }, { meta });
  const other = { namespace: 'default', name: 'other', uid: 'x' };
  const wishes: [string, ClaimWorld['volume'], string, object?][] = [
    ['is not there', undefined, 'wait'],
    ['is free', aVolume('v'), 'bind v'],
    ['is kept for it', aVolume('v', { claimRef: { namespace: 'default', name: 'c' } }), 'bind v'],
    [
      'is too small',
      aVolume('v', { capacity: { storage: '1Mi' } }),
      'wait Warning VolumeMismatch: Cannot bind to requested volume "v": requested PV is too small',
    ],
    [
      'is of another class',
      aVolume('v', { storageClassName: 'x' }),
      'wait Warning VolumeMismatch: Cannot bind to requested volume "v": storageClassName does not match',
    ],
    [
      'is a device',
      aVolume('v', { volumeMode: 'Block' }),
      'wait Warning VolumeMismatch: Cannot bind to requested volume "v": incompatible volumeMode',
    ],
    [
      'is for reading only',
      aVolume('v', { accessModes: ['ReadOnlyMany'] }),
      'wait Warning VolumeMismatch: Cannot bind to requested volume "v": incompatible accessMode',
    ],
    [
      "is another's",
      aVolume('v', { claimRef: other }),
      'wait Warning FailedBinding: volume "v" already bound to a different claim.',
    ],
    [
      "was chosen for it and is another's",
      aVolume('v', { claimRef: other }),
      'wait Warning FailedBinding: invalid binding of claim "default/c" to volume "v": volume already claimed by "default/other"',
      { annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } },
    ],
  ];
  for (const [what, volume, text, meta] of wishes) {
    it(`asks for a volume that ${what}`, () => expect(told(plan({ claim: named(meta), volume }))).to.equal(text));
  }

  const bound = (spec: object = { volumeName: 'v' }) =>
    aClaim('c', spec, { meta: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } } });
  const losses: [string, object | undefined, ClaimWorld['volume'], string][] = [
    [
      'its reference',
      {},
      undefined,
      'lose Warning ClaimLost: Bound claim has lost reference to PersistentVolume. Data on the volume is lost!',
    ],
    [
      'its volume',
      undefined,
      undefined,
      'lose Warning ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!',
    ],
    [
      'its volume to another',
      undefined,
      aVolume('v', { claimRef: other }),
      'lose Warning ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly',
    ],
    ['nothing, when the volume has only forgotten it', undefined, aVolume('v'), 'bind v'],
  ];
  for (const [what, spec, volume, text] of losses) {
    it(`has lost ${what}`, () => expect(told(plan({ claim: bound(spec), volume }))).to.equal(text));
  }
});
