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
});
