import { expect } from 'chai';
import { sortedVersions } from '../../src/apimachinery/version-order.ts';

describe('version order', () => {
  it('puts stable before beta before alpha, new before old, and the rest last', () => {
    const wanted = [
      'v10',
      'v2',
      'v1',
      'v11beta2',
      'v10beta3',
      'v3beta1',
      'v12alpha1',
      'v11alpha2',
      'foo1',
      'foo10',
      'v1gamma',
    ];
    expect(sortedVersions(wanted.toSorted())).to.deep.equal(wanted);
  });
});
