import { expect } from 'chai';
import { RangeSlots, rangeSlots } from '../../../src/controllers/node-ipam/range-slots.ts';

describe('parts of a range for nodes', () => {
  it('are numbered from the beginning of the range', () => {
    const range = new RangeSlots('10.244.7.9/16');
    expect([range.count, range.at(0), range.at(255)]).to.deep.equal([256, '10.244.0.0/24', '10.244.255.0/24']);
    const wide = new RangeSlots('fd00:244::/56');
    expect([wide.count, wide.at(1)]).to.deep.equal([256, 'fd00:244:0:1::/64']);
    expect(new RangeSlots('10.244.0.0/16', 26).at(5)).to.equal('10.244.1.64/26');
    expect(new RangeSlots('10.244.3.0/26').at(0)).to.equal('10.244.3.0/26');
  });

  for (const [cidr, overlap] of [
    ['10.244.3.0/24', [3, 3]],
    ['10.244.3.128/25', [3, 3]],
    ['10.244.4.0/23', [4, 5]],
    ['10.0.0.0/8', [0, 255]],
    ['10.243.255.0/24', undefined],
    ['10.245.0.0/24', undefined],
    ['fd00::/64', undefined],
    ['nonsense', undefined],
  ] as [string, number[] | undefined][])
    it(`overlap with ${cidr} as ${overlap?.join()}`, () => {
      const found = new RangeSlots('10.244.0.0/16').overlap(cidr);
      expect(found && [found.first, found.last]).to.deep.equal(overlap);
    });

  for (const [clusterCidr, maskSize] of [
    ['10.244.0.0', {}],
    ['10.244.0.0/16,10.245.0.0/16', {}],
    ['10.244.0.0/16,fd00::/48,fd01::/48', {}],
    ['10.244.0.0/16', { 4: 15 }],
    ['10.244.0.0/16', { 4: 33 }],
    ['10.0.0.0/8', { 4: 25 }],
    ['fd00::/40', {}],
  ] as const)
    it(`cannot be had of ${clusterCidr} with ${JSON.stringify(maskSize)}`, () =>
      expect(() => rangeSlots({ clusterCidr, maskSize })).to.throw(Error));
});
