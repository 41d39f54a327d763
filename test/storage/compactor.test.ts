import { expect } from 'chai';
import { isApiError } from '../../src/apimachinery/api-error.ts';
import { noLog } from '../../src/base/log.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Compactor } from '../../src/storage/compactor.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { failure, key, object, valueOf } from '../suites/storage.ts';

describe('Compactor', () => {
  it('forgets what is older than five minutes, also when two run, and nothing younger', async () => {
    const clock = new VirtualClock();
    const storage = new MemoryStorage({ clock });
    const compactors = [0, 1].map(() => new Compactor(storage, { clock, log: noLog }));
    const old = await storage.create(key('a'), object('a', 1));
    await storage.update(key('a'), () => ({ store: object('a', 2) }));
    for (const compactor of compactors) await compactor.start();
    await clock.advance(60_000);
    const young = await storage.update(key('a'), () => ({ store: object('a', 3) }));
    await storage.update(key('a'), () => ({ store: object('a', 4) }));
    await clock.advance(4 * 60_000);
    expect(isApiError(await failure(storage.get(key('a'), { exactly: old.revision })), 'Expired')).to.equal(true);
    expect(valueOf(await storage.get(key('a'), { exactly: young.revision }))).to.equal(3);
    await clock.advance(5 * 60_000);
    expect(isApiError(await failure(storage.get(key('a'), { exactly: young.revision })), 'Expired')).to.equal(true);
    for (const compactor of compactors) await compactor.stop();
  });

  it('compacts once an interval, whichever server does it, and goes on when one is gone', async () => {
    const clock = new VirtualClock();
    const storage = new MemoryStorage({ clock });
    const compacted: number[] = [];
    const counting = () => {
      const own = Object.create(storage) as MemoryStorage;
      own.get = (...args) => storage.get(...args);
      own.create = (...args) => storage.create(...args);
      own.update = (...args) => storage.update(...args);
      own.compact = (revision) => {
        compacted.push(revision);
        return storage.compact(revision);
      };
      return own;
    };
    const compactors = [0, 1, 2].map(() => new Compactor(counting(), { clock, log: noLog }));
    for (const compactor of compactors) {
      await compactor.start();
      await clock.advance(60_000);
    }
    await clock.advance(30 * 60_000);
    expect(compacted).to.have.length(6);
    await compactors[0]!.stop();
    await clock.advance(30 * 60_000);
    expect(compacted.length).to.be.within(11, 12);
    expect(compacted).to.deep.equal(compacted.toSorted((a, b) => a - b));
    for (const compactor of compactors) await compactor.stop();
  });
});
