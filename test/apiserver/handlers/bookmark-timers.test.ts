import { expect } from 'chai';
import { BookmarkTimers } from '../../../src/apiserver/handlers/bookmark-timers.ts';
import type { Clock } from '../../../src/base/clock.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';

describe('bookmark timers', () => {
  const start = () => {
    const virtual = new VirtualClock();
    let running = 0;
    const every: Clock['every'] = (ms, fn) => {
      const timer = virtual.every(ms, fn);
      running++;
      return {
        cancel() {
          running--;
          timer.cancel();
        },
      };
    };
    const clock: Clock = {
      now: () => virtual.now(),
      monotonic: () => virtual.monotonic(),
      after: (ms, fn) => virtual.after(ms, fn),
      every,
    };
    const timers = new BookmarkTimers(clock);
    const told: string[] = [];
    const add = (name: string) => timers.add(() => void told.push(`${name} at ${virtual.monotonic() / 1000}`));
    return { virtual, told, add, running: () => running };
  };

  it('tell each watch once a minute, with one timer for those that began together', async () => {
    const { virtual, told, add, running } = start();
    add('a');
    add('b');
    await virtual.advance(30_000);
    add('c');
    await virtual.advance(90_000);
    expect(told).to.deep.equal(['a at 60', 'b at 60', 'c at 90', 'a at 120', 'b at 120']);
    expect(running()).to.equal(2);
  });

  it('do not tell a watch that has only just begun', async () => {
    const { virtual, told, add } = start();
    await virtual.advance(900);
    add('a');
    await virtual.advance(59_500);
    add('b');
    await virtual.advance(60_600);
    expect(told).to.deep.equal(['a at 60.9', 'a at 120.9', 'b at 120.9']);
  });

  it('end with the watches', async () => {
    const { virtual, told, add, running } = start();
    const timers = [add('a'), add('b')];
    for (const timer of [...timers, ...timers]) timer.cancel();
    await virtual.advance(120_000);
    expect(told).to.deep.equal([]);
    expect(running()).to.equal(0);
  });
});
