import { expect } from 'chai';
import { OneByOne } from '../../src/base/one-by-one.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';

describe('OneByOne', () => {
  let clock: VirtualClock;
  let work: OneByOne;

  beforeEach(() => {
    clock = new VirtualClock();
    work = new OneByOne(clock);
  });

  it('begins a task when the one before has ended, however that ended', async () => {
    const steps: string[] = [];
    const first = Promise.withResolvers<void>();
    const failed = work.run(async () => {
      steps.push('first');
      await first.promise;
    });
    const second = work.run(async () => void steps.push('second'));
    await clock.advance(0);
    expect(steps).to.deep.equal(['first']);
    first.reject(new Error('no'));
    expect(await failed.catch((error: Error) => error.message)).to.equal('no');
    await second;
    expect(steps).to.deep.equal(['first', 'second']);
    await work.idle;
  });

  it('begins once for all who ask in a while, at the time that the first of them said', async () => {
    let begun = 0;
    const ask = (ms: number) => work.gather(ms, () => begun++);
    ask(20);
    ask(0);
    await clock.advance(19);
    expect(begun).to.equal(0);
    await clock.advance(1);
    expect(begun).to.equal(1);
    ask(5);
    await clock.advance(5);
    expect(begun).to.equal(2);
  });

  it('begins nothing after the stop', async () => {
    let begun = 0;
    work.gather(5, () => begun++);
    work.stop();
    work.gather(0, () => begun++);
    await clock.advance(10);
    expect(begun).to.equal(0);
  });
});
