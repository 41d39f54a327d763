import { expect } from 'chai';
import { VirtualClock } from '../../src/base/virtual-clock.ts';

describe('VirtualClock', () => {
  it('fires timers in the order of their time, those of one time in the order in which they were asked for', async () => {
    const clock = new VirtualClock(0);
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name} at ${clock.now()}`);
    clock.after(20, note('late'));
    clock.after(10, note('first'));
    clock.after(10, () => clock.after(0, note('nested')));
    const every = clock.every(8, note('every'));
    await clock.advance(20);
    expect(fired).to.deep.equal(['every at 8', 'first at 10', 'nested at 10', 'every at 16', 'late at 20']);
    every.cancel();
    await clock.advance(100);
    expect(fired).to.have.length(5);
    expect(clock.now()).to.equal(120);
  });

  it('forgets what was cancelled, also thousands of timers of which some are left', async () => {
    const clock = new VirtualClock(0);
    let fired = 0;
    const timers = Array.from({ length: 5000 }, (_, i) => clock.after(5000 - i, () => fired++));
    timers.forEach((timer, i) => i % 10 > 0 && timer.cancel());
    timers[1]!.cancel();
    await clock.advance(5000);
    expect(fired).to.equal(500);
    timers[0]!.cancel();
  });
});
