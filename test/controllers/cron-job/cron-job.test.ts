import { expect } from 'chai';
import { cronJob, type CronJob } from '../../../src/api/batch-v1/cron-job.ts';
import { job } from '../../../src/api/batch-v1/job.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { crashTest } from '../crash-test.ts';
import { World } from '../world.ts';

const name = { namespace: 'default', name: 'tick' };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } };
const cron = (spec: object = {}) => ({
  metadata: name,
  spec: {
    schedule: '*/1 * * * *',
    timeZone: 'Etc/UTC',
    jobTemplate: { metadata: { labels: { app: 'tick' } }, spec: { template } },
    ...spec,
  } as CronJob['spec'],
});

describe('cron job controller', function () {
  this.timeout(60_000);
  let world: World;
  beforeEach(async () => {
    world = await World.start({ only: ['cronjob-controller', 'job-controller', 'ttl-after-finished-controller'] });
  });
  afterEach(() => world.stop());

  const get = () => world.client.get(cronJob, name);
  const jobs = async () => (await world.client.list(job, { namespace: 'default' })).items;
  const create = (spec: object = {}) => world.client.create(cronJob, cron(spec));
  const started = (count: number) =>
    world.eventually(async () => {
      const all = await jobs();
      expect(all).to.have.length(count);
      expect((await get()).status?.active ?? []).to.have.length(count);
      return all;
    });
  /** What the cron job tells, without names and without counts. */
  const reasons = async () => {
    await world.settle();
    return (await world.events('tick')).map((event) => event.replace(/-\d+/, '-N'));
  };

  it('makes a job at each minute', async () => {
    await create();
    await world.settle(MINUTE);
    const [first] = await started(1);
    const minute = world.clock.now() - (world.clock.now() % MINUTE);
    expect(first!.metadata.name).to.equal(`tick-${minute / MINUTE}`);
    expect(first!.metadata.labels).to.deep.equal({ app: 'tick' });
    expect(first!.metadata.annotations).to.deep.equal({
      'batch.kubernetes.io/cronjob-scheduled-timestamp': new Date(minute).toISOString().replace('.000', ''),
    });
    expect(Date.parse((await get()).status!.lastScheduleTime!)).to.equal(minute);
    await world.settle(MINUTE);
    await started(2);
    expect(await reasons()).to.deep.equal(Array(2).fill('SuccessfulCreate: Created job tick-N'));
  });

  it('notes what has ended, and keeps some of it', async () => {
    world.podsEnd = () => 'Succeeded';
    await create({ successfulJobsHistoryLimit: 2 });
    for (let i = 0; i < 5; i++) await world.settle(MINUTE);
    const kept = await world.eventually(async () => {
      const all = await jobs();
      expect(all).to.have.length(2);
      expect((await get()).status).to.not.have.property('active');
      return all;
    });
    const ends = kept.map(({ status }) => status!.completionTime!).sort();
    expect((await get()).status!.lastSuccessfulTime).to.equal(ends.at(-1));
    expect(new Set(await reasons())).to.deep.equal(
      new Set([
        'SuccessfulCreate: Created job tick-N',
        'SawCompletedJob: Saw completed job: tick-N, condition: Complete',
        'SuccessfulDelete: Deleted job tick-N',
      ]),
    );
  });

  it('does not start a second job where that is forbidden, and makes up for it', async () => {
    await create({ concurrencyPolicy: 'Forbid' });
    await world.settle(MINUTE);
    const [first] = await started(1);
    await world.settle(2 * MINUTE);
    expect((await jobs()).map(({ metadata }) => metadata.uid)).to.deep.equal([first!.metadata.uid]);
    expect(await reasons()).to.include(
      'JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid',
    );
    const [one] = (await world.client.list(pod, { namespace: 'default' })).items;
    await world.ready(one!, false, 'Succeeded');
    await world.eventually(async () => expect(await jobs()).to.have.length(2));
  });

  it('replaces what still runs', async () => {
    await create({ concurrencyPolicy: 'Replace' });
    await world.settle(MINUTE);
    const [first] = await started(1);
    await world.settle(MINUTE);
    await world.eventually(async () => {
      const [second, ...more] = (await jobs()).filter((one) => !one.metadata.deletionTimestamp);
      expect(more).to.deep.equal([]);
      expect(second!.metadata.uid).to.not.equal(first!.metadata.uid);
    });
    expect(await reasons()).to.include('SuccessfulDelete: Deleted job tick-N');
  });

  it('does nothing while it is suspended, and then only the latest run', async () => {
    await create({ suspend: true, concurrencyPolicy: 'Forbid' });
    await world.settle(5 * HOUR);
    expect(await jobs()).to.deep.equal([]);
    await world.client.patch(cronJob, name, 'merge', { spec: { suspend: false } });
    await started(1);
    expect(await reasons()).to.deep.equal([
      'TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      'SuccessfulCreate: Created job tick-N',
    ]);
  });

  it('forgets a run whose deadline is over', async () => {
    await create({ suspend: true, schedule: '0 * * * *', startingDeadlineSeconds: 600 });
    await world.settle(HOUR + 20 * MINUTE);
    await world.client.patch(cronJob, name, 'merge', { spec: { suspend: false } });
    await world.settle();
    expect(await jobs()).to.deep.equal([]);
    await world.settle(41 * MINUTE);
    await started(1);
  });

  it('notices jobs that others made or removed', async () => {
    const owner = await create({ schedule: '@every 1h' });
    await world.client.create(job, {
      metadata: {
        namespace: 'default',
        name: 'by-hand',
        annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' },
        ownerReferences: [
          { apiVersion: 'batch/v1', kind: 'CronJob', name: 'tick', uid: owner.metadata.uid, controller: true },
        ],
      },
      spec: { template },
    });
    await world.eventually(async () =>
      expect(await reasons()).to.include(
        'UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand',
      ),
    );
    await world.settle(HOUR);
    const made = await world.eventually(async () => {
      const found = (await jobs()).find(({ metadata }) => metadata.name !== 'by-hand');
      expect((await get()).status?.active).to.have.length(1);
      return found!;
    });
    await world.client.delete(job, made.metadata, { propagationPolicy: 'Background' });
    await world.eventually(async () => {
      expect((await get()).status).to.not.have.property('active');
      expect(await reasons()).to.include('MissingJob: Active job went missing: tick-N');
    });
  });

  it('lives through two days, with one job at a time', async () => {
    world.podsEnd = () => 'Succeeded';
    await create({ schedule: '30 */12 * * *', timeZone: 'Europe/Berlin' });
    await world.settle(48 * HOUR);
    const { status } = await get();
    expect(status).to.not.have.property('active');
    expect(await jobs()).to.have.length(3);
    expect(status!.lastScheduleTime).to.equal('2026-01-02T23:30:00Z');
  });

  it('removes finished jobs when their time to live is over', async () => {
    world.podsEnd = () => 'Succeeded';
    await world.client.create(job, {
      metadata: { namespace: 'default', name: 'short' },
      spec: { template, ttlSecondsAfterFinished: 100 },
    });
    await world.settle(90_000);
    expect((await jobs())[0]!.status?.succeeded).to.equal(1);
    await world.settle(20_000);
    await world.eventually(async () => {
      const [left] = await jobs();
      expect(left?.metadata.finalizers).to.deep.equal(['foregroundDeletion']);
    });
  });
});

describe('cron job controller, killed after every single write', function () {
  this.timeout(120_000);

  it('makes one job of each run', () =>
    crashTest({
      name: 'cron job',
      controllers: ['cronjob-controller', 'job-controller'],
      kinds: [cronJob, job],
      podsEnd: () => 'Succeeded',
      setUp: (client) => client.create(cronJob, cron({ schedule: '*/3 * * * *', successfulJobsHistoryLimit: 2 })),
      act: [
        (_, world) => world.settle(3 * MINUTE),
        (_, world) => world.settle(3 * MINUTE),
        (_, world) => world.settle(3 * MINUTE),
        (client) => client.patch(cronJob, name, 'merge', { spec: { suspend: true } }),
      ],
      check: ([ones, made]) => {
        expect(ones![0]!.status).to.include.keys('lastSuccessfulTime').and.not.have.property('active');
        expect(made).to.have.length(2);
      },
    }).then(() => {}));
});
