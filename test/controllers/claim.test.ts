import { expect } from 'chai';
import { selectorFromMap } from '../../src/apimachinery/label-selector.ts';
import { planClaims } from '../../src/controllers/claim.ts';
import { aPod, aSet } from './objects.ts';

describe('claims', () => {
  const owner = aSet();
  const ending = { ...owner, metadata: { ...owner.metadata, deletionTimestamp: 'x' } };
  const selector = selectorFromMap({ app: 'web' });
  const ownedBy = (uid: string, controller = true) => ({
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid, controller }],
  });
  const mine = ownedBy(owner.metadata.uid);
  const cases: [string, object, Record<string, string>, 'keep' | 'adopt' | 'release' | undefined, boolean?][] = [
    ['keeps what is its own', mine, { app: 'web' }, 'keep'],
    ['releases what its selector does not want', mine, { app: 'other' }, 'release'],
    ['adopts what is nobody’s', {}, { app: 'web' }, 'adopt'],
    ['adopts what has owners but no controller', ownedBy('x', false), { app: 'web' }, 'adopt'],
    ['ignores what its selector does not want', {}, { app: 'other' }, undefined],
    ['ignores what belongs to another', ownedBy('other'), { app: 'web' }, undefined],
    ['does not adopt what is being deleted', { deletionTimestamp: 'x' }, { app: 'web' }, undefined],
    ['keeps its own while it is being deleted', mine, { app: 'web' }, 'keep', true],
    ['does not adopt while it is being deleted', {}, { app: 'web' }, undefined, true],
    ['does not release while it is being deleted', mine, { app: 'other' }, undefined, true],
  ];
  for (const [name, meta, labels, expected, isEnding] of cases) {
    it(`an owner ${name}`, () => {
      const pod = aPod({ labels, meta });
      const claims = planClaims(isEnding ? ending : owner, selector, [pod]);
      const empty = { keep: [], adopt: [], release: [] };
      expect(claims).to.deep.equal(expected ? { ...empty, [expected]: [pod] } : empty);
    });
  }
});
