import { expect } from 'chai';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { LeasePool } from '../../src/storage/lease-pool.ts';

describe('LeasePool', () => {
  const granted: number[] = [];
  let clock: VirtualClock;
  let pool: LeasePool;
  beforeEach(() => {
    granted.length = 0;
    clock = new VirtualClock();
    pool = new LeasePool(clock, async (seconds) => granted.push(seconds));
  });

  it('gives keys of the same time to live one lease for a minute', async () => {
    expect(await Promise.all([pool.lease(3600), pool.lease(3600)])).to.deep.equal([1, 1]);
    await clock.advance(59_000);
    expect(await pool.lease(3600)).to.equal(1);
    await clock.advance(2000);
    expect(await pool.lease(3600)).to.equal(2);
    expect(granted).to.deep.equal([3660, 3660]);
  });

  it('keeps different times apart and puts at most a thousand keys on a lease', async () => {
    expect(await pool.lease(60)).to.equal(1);
    expect(await pool.lease(3600)).to.equal(2);
    for (let n = 1; n < 1000; n++) await pool.lease(3600);
    expect(await pool.lease(3600)).to.equal(3);
  });

  it('asks again after a grant that failed', async () => {
    let fail = true;
    const failing = new LeasePool(clock, async () => {
      if (fail) throw new Error('away');
      return 7;
    });
    await failing.lease(10).catch(() => {});
    fail = false;
    expect(await failing.lease(10)).to.equal(7);
  });
});
