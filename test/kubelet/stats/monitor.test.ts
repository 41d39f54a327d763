import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { simulatedMachine } from '../../../src/kubelet/node/machine-info.ts';
import { FakeRuntime } from '../../../src/kubelet/runtime/fake.ts';
import { cadvisorMetrics } from '../../../src/kubelet/stats/cadvisor-metrics.ts';
import { UsageMonitor } from '../../../src/kubelet/stats/monitor.ts';
import { resourceMetrics } from '../../../src/kubelet/stats/resource-metrics.ts';
import { simulatedUsage } from '../../../src/kubelet/stats/simulated-usage.ts';
import { ContainerDisks } from '../../../src/kubelet/stats/container-disk.ts';
import { summaryOf } from '../../../src/kubelet/stats/summary.ts';
import type { ContainerConfig } from '../../../src/kubelet/runtime/runtime.ts';

const pod = { uid: 'u', namespace: 'default', name: 'web' };

/** A monitor over one pod whose container may use half a processor and 64 MiB, ten seconds after it started. */
async function monitored() {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const runtime = new FakeRuntime({ clock });
  const sandbox = await runtime.createSandbox({ pod, attempt: 0 } as never);
  const config = {
    ...{ pod, name: 'app', attempt: 0, image: 'web:1', specHash: '', sandboxId: sandbox.id },
    resources: { cpuShares: 1024, memoryBytes: 64 * 2 ** 20, cpuQuota: 0 },
  } as unknown as ContainerConfig;
  await runtime.startContainer(await runtime.createContainer(config));
  await clock.advance(10_000);
  const machine = simulatedMachine('n1');
  const node = () => simulatedUsage(machine, runtime, clock.now());
  return { monitor: new UsageMonitor({ runtime, clock, node }), machine, clock, runtime };
}

describe('the usage of a node', () => {
  it('is told as a summary', async () => {
    const { monitor } = await monitored();
    const summary = summaryOf('n1', await monitor.report()) as any;
    expect(summary.node).to.deep.include({ nodeName: 'n1' });
    expect(summary.node.cpu.usageNanoCores).to.equal(550_000_000);
    const [web] = summary.pods;
    expect(web.podRef).to.deep.equal({ name: 'web', namespace: 'default', uid: 'u' });
    expect(web.containers[0]).to.deep.include({ name: 'app', startTime: '2026-01-01T00:00:00Z' });
    expect(web.containers[0].cpu).to.deep.equal({
      ...{ time: '2026-01-01T00:00:10Z', usageNanoCores: 500_000_000, usageCoreNanoSeconds: 5e9 },
    });
    expect(web.memory).to.deep.include({ workingSetBytes: 32 * 2 ** 20, availableBytes: 32 * 2 ** 20 });
    const brief = summaryOf('n1', await monitor.report(), true) as any;
    expect(Object.keys(brief.node)).to.deep.equal(['nodeName', 'startTime', 'cpu', 'memory']);
  });

  it('is told with what containers have written, counted at most once a minute', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cox-disk-'));
    try {
      const { monitor, clock } = await monitored();
      const disks = new ContainerDisks({ filesOf: async () => ({ layer: folder }) }, clock);
      const report = await monitor.report();
      const id = report.pods[0]!.containers[0]!.container.id;
      const told = async () => {
        const measured = { volumes: new Map(), containers: await disks.of([id]) };
        return (summaryOf('n1', await monitor.report(), false, measured) as any).pods[0];
      };
      const before = (await told()).containers[0].rootfs.usedBytes;
      writeFileSync(join(folder, 'file'), Buffer.alloc(2 ** 20, 1));
      expect((await told()).containers[0].rootfs.usedBytes).to.equal(before);
      await clock.advance(60_000);
      const { containers, 'ephemeral-storage': all } = await told();
      expect(containers[0].rootfs.usedBytes).to.be.at.least(before + 2 ** 20);
      expect(containers[0].logs.usedBytes).to.equal(0);
      expect(all.usedBytes).to.equal(containers[0].rootfs.usedBytes);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is told as metrics', async () => {
    const { monitor, machine, clock } = await monitored();
    const at = clock.now();
    const text = resourceMetrics(await monitor.report());
    const labels = '{container="app",namespace="default",pod="web"}';
    expect(text).to.include(`# TYPE container_cpu_usage_seconds_total counter\n`);
    expect(text).to.include(`container_cpu_usage_seconds_total${labels} 5 ${at}\n`);
    expect(text).to.include(`pod_memory_working_set_bytes{namespace="default",pod="web"} ${32 * 2 ** 20} ${at}\n`);
    expect(text).to.include(`node_cpu_usage_seconds_total 5 ${at}\n`);
    expect(text).to.include('resource_scrape_error 0\n');
    const cadvisor = cadvisorMetrics(await monitor.report(), machine);
    expect(cadvisor).to.match(/^container_memory_working_set_bytes\{container="app",id="\/docker\/0.*image="web:1"/m);
    expect(cadvisor).to.include('machine_cpu_cores{');
  });

  it('knows nothing of pods that are over', async () => {
    const { monitor, runtime, clock } = await monitored();
    runtime.crashSandbox(runtime.pods()[0]!.sandboxes[0]!.id);
    await clock.advance(5_000);
    expect((await monitor.report()).pods).to.deep.equal([]);
  });
});
