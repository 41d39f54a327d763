import { noLog } from '../../../src/base/log.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { CachedStorage } from '../../../src/storage/cache/index.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import { storageSuite } from '../../suites/storage.ts';

for (const soleWriter of [false, true])
  describe(`CachedStorage around MemoryStorage${soleWriter ? ', its only writer' : ''}`, () => {
    storageSuite(async () => {
      const clock = new VirtualClock();
      const storage = new CachedStorage(new MemoryStorage({ clock }), { clock, log: noLog, soleWriter });
      await storage.open();
      return { storage, advance: (ms) => clock.advance(ms) };
    });
  });
