import { expect } from 'chai';
import { cronJob } from '../../src/api/batch-v1/cron-job.ts';
import { job } from '../../src/api/batch-v1/job.ts';
import { event } from '../../src/api/core-v1/event.ts';
import { node } from '../../src/api/core-v1/node.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Cluster } from '../../src/cluster/index.ts';

const HOUR = 3600_000;
const DAY = 24 * HOUR;

describe('Cluster: long times pass quickly', () => {
  let clock: VirtualClock;
  let cluster: Cluster;
  const start = async (options: { nodes: number; heartbeat?: number }) => {
    clock = new VirtualClock(Date.UTC(2026, 2, 1));
    cluster = await Cluster.start({ clock, listen: false, ...options });
  };
  afterEach(() => cluster.stop());

  const container = { name: 'c', image: 'i', command: ['true'] };

  it('a month of a daily CronJob, over a change to daylight saving time', async () => {
    await start({ nodes: 1, heartbeat: 6 * HOUR });
    const name = { namespace: 'default', name: 'nightly' };
    const template = { spec: { restartPolicy: 'Never', containers: [container] } };
    await cluster.client.create(cronJob, {
      metadata: name,
      spec: { schedule: '30 4 * * *', timeZone: 'Europe/Berlin', jobTemplate: { spec: { template } } },
    });
    const runs: string[] = [];
    for (let day = 0; day < 31; day++) {
      await clock.advance(DAY);
      runs.push((await cluster.client.get(cronJob, name)).status!.lastScheduleTime!);
    }
    const march = (hour: string) => (_: unknown, i: number) =>
      `2026-03-${String(i + 1).padStart(2, '0')}T${hour}:30:00Z`;
    const expected = Array.from({ length: 31 }, march('03')).slice(0, 28);
    expect(runs).to.deep.equal([...expected, ...Array.from({ length: 31 }, march('02')).slice(28)]);
    const { items } = await cluster.client.list(job, { namespace: 'default' });
    expect(items.map(({ status }) => status?.startTime)).to.have.members(runs.slice(-3));
    expect(items.every(({ status }) => status?.succeeded === 1)).to.equal(true);
    const { items: pods } = await cluster.client.list(pod, { namespace: 'default' });
    expect(pods.map(({ status }) => status?.phase)).to.deep.equal(['Succeeded', 'Succeeded', 'Succeeded']);
    // Events last an hour, and the last run was 21 hours ago.
    expect((await cluster.client.list(event)).items).to.deep.equal([]);
  });

  it('an hour of back-off: a container that fails again and again is started 10 s later, 20 s, up to 5 minutes', async () => {
    await start({ nodes: 1 });
    await cluster.client.create(pod, {
      metadata: { namespace: 'default', name: 'crash' },
      spec: { containers: [{ ...container, command: ['false'] }] },
    });
    await clock.advance(HOUR);
    const [told] = (await cluster.client.get(pod, { namespace: 'default', name: 'crash' })).status!.containerStatuses!;
    expect(told!.state?.waiting?.reason).to.equal('CrashLoopBackOff');
    expect(told!.state?.waiting?.message).to.match(/^back-off 5m0s restarting failed container=c pod=crash_default/);
    // 10 + 20 + 40 + 80 + 160 s and ten times 300 s, with the moments in which it ran.
    expect(told!.restartCount).to.be.within(15, 16);
  });

  it('an hour of back-off: the failing pods of a Job come 10 s after each other, 20 s, up to 10 minutes', async () => {
    await start({ nodes: 1 });
    const name = { namespace: 'default', name: 'failing' };
    const template = { spec: { restartPolicy: 'Never', containers: [{ ...container, command: ['false'] }] } };
    await cluster.client.create(job, { metadata: name, spec: { backoffLimit: 100, template } });
    await clock.advance(HOUR);
    const { items } = await cluster.client.list(pod, { namespace: 'default' });
    const times = items.map(({ metadata }) => Date.parse(metadata.creationTimestamp)).sort((a, b) => a - b);
    const waits = times.slice(1).map((at, i) => Math.round((at - times[i]!) / 1000));
    const expected = [10, 20, 40, 80, 160, 320, 600, 600, 600, 600];
    waits.forEach((wait, i) => expect(wait, `before pod ${i + 2}`).to.be.within(expected[i]!, expected[i]! + 5));
    expect((await cluster.client.get(job, name)).status?.failed).to.equal(items.length);
    expect(items.length).to.be.within(10, 11);
  });

  it('five minutes of toleration: pods leave a node that nobody can reach 300 s after it was tainted', async () => {
    await start({ nodes: 2 });
    const tolerations = ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready'].map((key) => {
      return { key, operator: 'Exists', effect: 'NoExecute' };
    });
    const pinned = { nodeSelector: { 'kubernetes.io/hostname': 'node-2' }, containers: [{ name: 'c', image: 'i' }] };
    await cluster.client.create(pod, { metadata: { namespace: 'default', name: 'usual' }, spec: pinned });
    await cluster.client.create(pod, {
      metadata: { namespace: 'default', name: 'stays' },
      spec: { ...pinned, tolerations },
    });
    const minute = { tolerations: tolerations.map((one) => ({ ...one, tolerationSeconds: 60 })) };
    await cluster.client.create(pod, {
      metadata: { namespace: 'default', name: 'minute' },
      spec: { ...pinned, ...minute },
    });
    await clock.advance(5000);
    await cluster.stopNode('node-2');
    await clock.advance(HOUR);
    const lost = await cluster.client.get(node, { name: 'node-2' });
    const taint = lost.spec!.taints!.find(({ effect }) => effect === 'NoExecute')!;
    expect(taint.key).to.equal('node.kubernetes.io/unreachable');
    // A pod's deletion time is when its grace period (30 s) is over.
    const after = async (name: string) => {
      const { deletionTimestamp } = (await cluster.client.get(pod, { namespace: 'default', name })).metadata;
      return (
        deletionTimestamp && Math.round((Date.parse(deletionTimestamp) - Date.parse(taint.timeAdded!)) / 1000) - 30
      );
    };
    expect(await after('usual')).to.be.within(300, 302);
    expect(await after('minute')).to.be.within(60, 62);
    expect(await after('stays')).to.equal(undefined);
  });
});
