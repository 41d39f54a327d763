import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import type { MountedVolume } from '../../../src/kubelet/containers/volume-mounts.ts';
import { summaryOf } from '../../../src/kubelet/stats/summary.ts';
import { VolumeUsages } from '../../../src/kubelet/stats/volume-usage.ts';

describe('the usage of volumes', () => {
  let path: string;
  beforeEach(() => (path = mkdtempSync(join(tmpdir(), 'cox-usage-'))));
  afterEach(() => rmSync(path, { recursive: true }));

  it('is counted at most once a minute, and told in the summary with the claim behind it', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1));
    const claim = { namespace: 'default', name: 'c' };
    const volumes = new Map<string, MountedVolume>([
      ['scratch', { path, readOnly: false, measured: 'files' }],
      ['data', { path, readOnly: false, measured: 'file system', claim }],
      ['host', { path, readOnly: false }],
    ]);
    const usages = new VolumeUsages({ clock, mounted: () => volumes });
    const usedBy = async (name: string) =>
      (await usages.of(['u'])).get('u')!.find((one) => one.name === name)!.disk.used;
    const before = await usedBy('scratch');
    writeFileSync(join(path, 'file'), Buffer.alloc(2 ** 20, 1));
    expect(await usedBy('scratch')).to.equal(before);
    await clock.advance(60_000);
    expect(await usedBy('scratch')).to.be.at.least(before + 2 ** 20);
    const pod = { uid: 'u', namespace: 'default', name: 'web', sandboxes: [{ createdAt: 0 }], containers: [] };
    const report = { pod, containers: [], sandbox: undefined, sandboxRate: 0, interfaces: [] };
    const node = { at: clock.now(), startedAt: 0, cpu: 0, memory: {}, interfaces: [], disk: undefined };
    const summary = summaryOf('n', { node, nodeRate: 0, pods: [report] } as never, false, {
      volumes: await usages.of(['u']),
      containers: new Map(),
    }) as any;
    const told = summary.pods[0].volume;
    expect(told.map(({ name }: { name: string }) => name)).to.deep.equal(['scratch', 'data']);
    expect(told[1]).to.deep.include({ time: '2026-01-01T00:01:00Z', pvcRef: { name: 'c', namespace: 'default' } });
    expect(told[1].capacityBytes).to.be.greaterThan(told[0].usedBytes);
  });
});
