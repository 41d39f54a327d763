import { expect } from 'chai';
import { CpuRates } from '../../../src/kubelet/stats/cpu-rates.ts';

/** Half a processor, in nanoseconds after so many milliseconds. */
const half = (ms: number) => ms * 500_000;
const hour = 3_600_000;

describe('CpuRates', () => {
  const counter = (at: number, cpu = half(at), startedAt = 0) => ({ id: 'a', at, cpu, startedAt });

  it('measures what has just started by its life', () => {
    expect(new CpuRates().measure([counter(2_000)]).get('a')).to.equal(5e8);
  });

  it('cannot tell from one reading of what is old', () => {
    expect(new CpuRates().measure([counter(hour)]).has('a')).to.equal(false);
  });

  it('measures from one reading to the next, however often it is asked', () => {
    const rates = new CpuRates();
    rates.measure([counter(hour)]);
    // Idle until now, and from here on a whole processor.
    for (let s = 1; s <= 30; s++) rates.measure([counter(hour + s * 1000, half(hour) + s * 1e9)]);
    expect(rates.measure([counter(hour + 31_000, half(hour) + 31e9)]).get('a')).to.equal(1e9);
  });

  it('tells two readings that are as close as they may be', () => {
    const rates = new CpuRates();
    rates.measure([counter(hour)]);
    expect(rates.measure([counter(hour + 500)]).has('a')).to.equal(false);
    expect(rates.measure([counter(hour + 1000)], 1).get('a')).to.equal(5e8);
  });

  it('does not measure from a reading that is too old, or from another life', () => {
    const rates = new CpuRates();
    rates.measure([counter(hour)]);
    expect(rates.measure([counter(2 * hour)]).has('a')).to.equal(false);
    expect(rates.measure([counter(2 * hour + 10_000, 1e9, 2 * hour + 8_000)]).get('a')).to.equal(5e8);
  });

  it('takes the word of who knows the rate', () => {
    expect(new CpuRates().measure([{ ...counter(hour), cpuRate: 7 }]).get('a')).to.equal(7);
  });

  it('forgets what is gone', () => {
    const rates = new CpuRates();
    rates.measure([counter(hour)]);
    rates.measure([]);
    expect(rates.measure([counter(hour + 6_000)]).has('a')).to.equal(false);
  });
});
