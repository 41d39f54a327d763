import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { storageSuite } from '../suites/storage.ts';

describe('MemoryStorage', () => {
  storageSuite(async () => {
    const clock = new VirtualClock();
    return { storage: new MemoryStorage({ clock }), advance: (ms) => clock.advance(ms) };
  });
});
