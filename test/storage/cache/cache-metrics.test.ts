import { expect } from 'chai';
import { noLog } from '../../../src/base/log.ts';
import { MetricRegistry } from '../../../src/base/metrics.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { CacheMetrics } from '../../../src/storage/cache/cache-metrics.ts';
import { CachedStorage } from '../../../src/storage/cache/cached-storage.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';

describe('metrics of the watch cache', () => {
  it('tell what was handed on, by resource, and how often everything was read', async () => {
    const [clock, registry] = [new VirtualClock(), new MetricRegistry()];
    const metrics = new CacheMetrics(registry, 500);
    const storage = new CachedStorage(new MemoryStorage({ clock }), { clock, log: noLog, metrics });
    await storage.open();
    const object = { metadata: { name: 'a' } } as never;
    await storage.create('/registry/core/pods/default/a', object);
    await storage.create('/registry/core/pods/default/b', object);
    await storage.create('/registry/apps/deployments/default/a', object);
    await storage.create('/registry/masterleases/192.0.2.1:6443', object);
    await storage.list('/registry/'); // when it has come that far
    const text = registry.render();
    expect(text).to.contain('apiserver_watch_cache_capacity 500\n');
    expect(text).to.contain('apiserver_watch_cache_initializations_total 1\n');
    expect(text).to.contain('apiserver_watch_cache_events_dispatched_total{group="",resource="pods"} 2\n');
    expect(text).to.contain('apiserver_watch_cache_events_dispatched_total{group="apps",resource="deployments"} 1\n');
    expect(text).to.not.contain('masterleases');
    await storage.close();
  });
});
