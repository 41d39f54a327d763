import { expect } from 'chai';
import type { PersistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import { planVolume, type VolumePlan } from '../../../src/controllers/persistent-volume-binder/volume-plan.ts';
import { aClaim, aVolume, refTo } from './objects.ts';

const claim = aClaim('c');
const having = (volumeName: string) => ({ ...claim, spec: { ...claim.spec, volumeName } }) as PersistentVolumeClaim;
const made = (annotations: Record<string, string>) => ({ meta: { annotations } });
const failedWith = (reason: string, message: string): VolumePlan => ({
  phase: 'Failed',
  message,
  report: { type: 'Warning', reason, message },
});

describe('plan of a volume', () => {
  const cases: [string, ReturnType<typeof aVolume>, PersistentVolumeClaim | undefined, VolumePlan][] = [
    ['nobody claims it', aVolume('v', {}, { phase: 'Pending' }), undefined, { phase: 'Available' }],
    [
      'it is kept for a claim to come',
      aVolume('v', { claimRef: { namespace: 'default', name: 'c' } }),
      undefined,
      { phase: 'Available' },
    ],
    ['its claim has it', aVolume('v', { claimRef: refTo(claim) }), having('v'), { phase: 'Bound' }],
    ['its claim does not know yet', aVolume('v', { claimRef: refTo(claim) }), claim, {}],
    ['its claim has another', aVolume('v', { claimRef: refTo(claim) }), having('w'), { unbind: 'uid' }],
    [
      'its claim has another, and it was chosen for it',
      aVolume('v', { claimRef: refTo(claim) }, made({ 'pv.kubernetes.io/bound-by-controller': 'yes' })),
      having('w'),
      { unbind: 'all' },
    ],
    [
      'its claim has another, and it was made for it',
      aVolume(
        'v',
        { claimRef: refTo(claim), persistentVolumeReclaimPolicy: 'Delete' },
        made({ 'pv.kubernetes.io/provisioned-by': 'example.com/disks' }),
      ),
      having('w'),
      { phase: 'Released' },
    ],
    ['its claim is gone: retain', aVolume('v', { claimRef: refTo(claim) }), undefined, { phase: 'Released' }],
    [
      'its claim is gone: delete, which its maker does',
      aVolume(
        'v',
        { claimRef: refTo(claim), persistentVolumeReclaimPolicy: 'Delete' },
        made({ 'pv.kubernetes.io/provisioned-by': 'example.com/disks' }),
      ),
      undefined,
      { phase: 'Released' },
    ],
    [
      'its claim is gone: delete, and nobody can',
      aVolume('v', { claimRef: refTo(claim), persistentVolumeReclaimPolicy: 'Delete' }),
      undefined,
      failedWith(
        'VolumeFailedDelete',
        'error getting deleter volume plugin for volume "v": no deletable volume plugin matched',
      ),
    ],
    [
      'its claim is gone: recycle',
      aVolume('v', { claimRef: refTo(claim), persistentVolumeReclaimPolicy: 'Recycle' }),
      undefined,
      { phase: 'Released', recycle: true },
    ],
    [
      'its claim is gone: recycle what cannot be',
      aVolume('v', {
        claimRef: refTo(claim),
        persistentVolumeReclaimPolicy: 'Recycle',
        hostPath: undefined,
        local: {},
      }),
      undefined,
      failedWith('VolumeFailedRecycle', 'No recycler plugin found for the volume!'),
    ],
    ['it has failed and stays so', aVolume('v', { claimRef: refTo(claim) }, { phase: 'Failed' }), undefined, {}],
  ];
  for (const [what, volume, its, plan] of cases) {
    it(`when ${what}`, () => expect(planVolume(volume, its)).to.deep.equal(plan));
  }

  it('tells both of a difference in mode', () => {
    const device = aVolume('v', { claimRef: refTo(claim), volumeMode: 'Block' });
    expect(planVolume(device, claim).mismatch).to.deep.equal({
      onVolume: {
        type: 'Warning',
        reason: 'VolumeMismatch',
        message: 'Cannot bind PersistentVolume to requested PersistentVolumeClaim "c" due to incompatible volumeMode.',
      },
      onClaim: {
        type: 'Warning',
        reason: 'VolumeMismatch',
        message: 'Cannot bind PersistentVolume "v" to requested PersistentVolumeClaim due to incompatible volumeMode.',
      },
    });
  });
});
