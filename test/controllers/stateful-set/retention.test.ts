import { expect } from 'chai';
import type { OwnerReference } from '../../../src/apimachinery/object.ts';
import { hasOtherController, isStaleClaim, planOwners } from '../../../src/controllers/stateful-set/retention.ts';
import { aClaim, aMember, aStatefulSet } from './objects.ts';

const theSet: OwnerReference = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  name: 'web',
  uid: 'set-uid',
  controller: true,
  blockOwnerDeletion: true,
};
const thePod: OwnerReference = {
  apiVersion: 'v1',
  kind: 'Pod',
  name: 'web-1',
  uid: 'web-1-uid',
  controller: true,
  blockOwnerDeletion: true,
};
const stranger: OwnerReference = { apiVersion: 'example.com/v1', kind: 'Backup', name: 'b', uid: 'b-uid' };

describe('stateful set: the owners of a claim', () => {
  const withPolicy = (whenDeleted: string, whenScaled: string, replicas: number) =>
    aStatefulSet({ replicas, persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } });
  const plan = (policy: string, replicas: number, owners: OwnerReference[]) => {
    const [whenDeleted, whenScaled] = policy.split('/');
    return planOwners(
      withPolicy(whenDeleted!, whenScaled!, replicas),
      aMember(1),
      aClaim(1, { ownerReferences: owners }),
    );
  };

  // When the set is deleted / when it gets smaller; the number of replicas (2: the pod is wanted, 1: it is surplus);
  // the owners that the claim has, and those it should have (undefined: it has them).
  const cases: [string, number, OwnerReference[], OwnerReference[] | undefined][] = [
    ['Retain/Retain', 2, [], undefined],
    ['Retain/Retain', 2, [theSet], []],
    ['Retain/Retain', 1, [thePod], []],
    ['Delete/Retain', 2, [], [theSet]],
    ['Delete/Retain', 2, [theSet], undefined],
    ['Delete/Retain', 1, [], [theSet]],
    ['Delete/Retain', 1, [thePod], [theSet]],
    ['Retain/Delete', 2, [], undefined],
    ['Retain/Delete', 2, [thePod], []],
    ['Retain/Delete', 1, [], [thePod]],
    ['Retain/Delete', 1, [thePod], undefined],
    ['Delete/Delete', 2, [], [theSet]],
    ['Delete/Delete', 2, [thePod], [theSet]],
    ['Delete/Delete', 1, [theSet], [thePod]],
    ['Delete/Delete', 1, [theSet, thePod], [thePod]],
    ['Delete/Retain', 2, [stranger], [stranger, theSet]],
    ['Delete/Retain', 2, [{ ...theSet, controller: false }], [theSet]],
    ['Delete/Retain', 2, [{ ...stranger, controller: true }], undefined],
    ['Delete/Retain', 2, [{ ...stranger, controller: true }, theSet], [{ ...stranger, controller: true }]],
    ['Retain/Retain', 2, [{ ...stranger, controller: true }], undefined],
    ['Delete/Delete', 1, [{ ...theSet, uid: 'earlier' }], undefined],
    ['Delete/Delete', 2, [{ ...thePod, uid: 'earlier' }], undefined],
  ];
  for (const [policy, replicas, owners, expected] of cases) {
    const has = owners.map(({ kind, uid }) => `${kind} ${uid}`).join(' and ') || 'none';
    it(`are right with ${policy} for a pod that is ${replicas === 2 ? 'wanted' : 'surplus'} and has ${has}`, () => {
      expect(plan(policy, replicas, owners)).to.deep.equal(expected);
    });
  }

  it('may have another controller, which matters only when the policy deletes', () => {
    const owned = aClaim(1, { ownerReferences: [{ ...stranger, controller: true }] });
    expect(hasOtherController(withPolicy('Delete', 'Retain', 2), owned)).to.equal(true);
    expect(hasOtherController(withPolicy('Retain', 'Retain', 2), owned)).to.equal(false);
    for (const mine of [theSet, thePod]) {
      expect(hasOtherController(withPolicy('Delete', 'Delete', 2), aClaim(1, { ownerReferences: [mine] }))).to.equal(
        false,
      );
    }
  });

  it('make a claim stale for the next pod of the name', () => {
    const owned = aClaim(1, { ownerReferences: [thePod] });
    expect(isStaleClaim(withPolicy('Retain', 'Delete', 2), 'web-1', owned)).to.equal(true);
    expect(isStaleClaim(withPolicy('Retain', 'Delete', 2), 'web-2', owned)).to.equal(false);
    expect(isStaleClaim(withPolicy('Retain', 'Retain', 2), 'web-1', owned)).to.equal(false);
  });
});
