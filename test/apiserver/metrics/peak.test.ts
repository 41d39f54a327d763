import { expect } from 'chai';
import { Peak } from '../../../src/apiserver/metrics/peak.ts';

describe('a peak', () => {
  it('is told for at least a second, and not for more than two', () => {
    const peak = new Peak();
    peak.set(1, 5000);
    peak.set(7, 5100);
    peak.set(2, 5200);
    expect([5300, 5999, 6500, 6999].map((now) => peak.read(now))).to.deep.equal([7, 7, 7, 7]);
    expect(peak.read(7600)).to.equal(2);
    peak.set(0, 20_000);
    expect(peak.read(20_001)).to.equal(2);
    expect(peak.read(40_000)).to.equal(0);
  });
});
