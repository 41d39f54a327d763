import { expect } from 'chai';
import { MetricRegistry } from '../../src/base/metrics.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { MeasuredStorage } from '../../src/storage/measured-storage.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { storageSuite } from '../suites/storage.ts';

describe('MeasuredStorage', () => {
  storageSuite(async () => {
    const clock = new VirtualClock();
    const storage = new MeasuredStorage(new MemoryStorage({ clock }), new MetricRegistry(), clock);
    return { storage, advance: (ms) => clock.advance(ms) };
  });

  it('counts calls by operation and resource, also those that fail', async () => {
    const clock = new VirtualClock();
    const registry = new MetricRegistry();
    const storage = new MeasuredStorage(new MemoryStorage({ clock }), registry, clock);
    const object = { metadata: { name: 'a' } } as never;
    await storage.create('/registry/apps/deployments/default/a', object);
    await storage.create('/registry/apps/deployments/default/a', object).catch(() => {});
    await storage.get('/registry/core/pods/default/a');
    await storage.list('/registry/core/pods/');
    const text = registry.render();
    const deployments = 'type="deployments.apps",group="apps",resource="deployments"';
    expect(text).to.contain(`etcd_requests_total{operation="create",${deployments}} 2`);
    expect(text).to.contain(`etcd_request_errors_total{operation="create",${deployments}} 1`);
    expect(text).to.contain(`etcd_request_duration_seconds_count{operation="create",${deployments}} 2`);
    for (const operation of ['get', 'list'])
      expect(text).to.contain(`etcd_requests_total{operation="${operation}",type="pods",group="",resource="pods"} 1`);
    await storage.close();
  });
});
