import { expect } from 'chai';
import type { CronJob } from '../../../src/api/batch-v1/cron-job.ts';
import { formatTime } from '../../../src/apimachinery/time.ts';
import { jobOf } from '../../../src/controllers/cron-job/job-of.ts';
import { planRun } from '../../../src/controllers/cron-job/plan-run.ts';
import { metadata } from '../objects.ts';

const MINUTE = 60_000;
const start = Date.UTC(2026, 2, 1);

const cron = (spec: object, status: object = {}): CronJob => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: metadata('tick', { creationTimestamp: formatTime(start) }),
  spec: {
    schedule: '0 * * * *',
    timeZone: 'Etc/UTC',
    jobTemplate: { spec: { template: {} } },
    ...spec,
  },
  status,
});

describe('the plan of a cron job', () => {
  it('goes through a month as its zone has it', () => {
    const status: { lastScheduleTime?: string } = {};
    const times: number[] = [];
    let now = start;
    while (now < Date.UTC(2026, 3, 1)) {
      const plan = planRun(cron({ schedule: '30 2 * * *', timeZone: 'Europe/Berlin' }, status), now);
      expect(plan.notes).to.deep.equal([]);
      if (plan.run !== undefined) {
        times.push(plan.run);
        status.lastScheduleTime = formatTime(plan.run);
      }
      now += plan.after!;
    }
    // On the 29th the clock goes from 02:00 to 03:00.
    expect(times).to.have.length(30);
    expect(times.slice(0, 28).every((time, i) => time === start + (90 + i * 1440) * MINUTE)).to.equal(true);
    expect(times.slice(28).map(formatTime)).to.deep.equal(['2026-03-30T00:30:00Z', '2026-03-31T00:30:00Z']);
  });

  const at = start + 150 * MINUTE;
  const active = [{ name: 'other', uid: 'u' }];
  const cases: [what: string, spec: object, status: object, plan: object][] = [
    ['starts the latest missed run', {}, {}, { run: start + 120 * MINUTE, notes: [], after: 30 * MINUTE + 100 }],
    [
      'waits when that has been done',
      {},
      { lastScheduleTime: formatTime(start + 120 * MINUTE) },
      { notes: [], after: 30 * MINUTE + 100 },
    ],
    ['waits when it is suspended', { suspend: true }, {}, { notes: [] }],
    [
      'starts beside another',
      { concurrencyPolicy: 'Allow' },
      { active },
      { run: start + 120 * MINUTE, notes: [], after: 30 * MINUTE + 100 },
    ],
    [
      'starts within the deadline',
      { startingDeadlineSeconds: 1801 },
      {},
      { run: start + 120 * MINUTE, notes: [], after: 30 * MINUTE + 100 },
    ],
    [
      'forgets what is older than the deadline',
      { startingDeadlineSeconds: 60 },
      {},
      { notes: [], after: 30 * MINUTE + 100 },
    ],
    [
      'counts intervals from the last run',
      { schedule: '@every 100m' },
      {},
      { run: start + 100 * MINUTE, notes: [], after: 50 * MINUTE + 100 },
    ],
    [
      'says that an interval was missed',
      { schedule: '@every 100m', startingDeadlineSeconds: 60 },
      {},
      {
        notes: [
          {
            type: 'Warning',
            reason: 'MissSchedule',
            message: 'Missed scheduled time to start a job: Sun, 01 Mar 2026 01:40:00 +0000',
          },
        ],
        after: 50 * MINUTE + 100,
      },
    ],
    [
      'says that a zone is not known',
      { timeZone: 'Europe/Atlantis' },
      {},
      {
        notes: [
          {
            type: 'Warning',
            reason: 'UnknownTimeZone',
            message: 'invalid timeZone: "Europe/Atlantis": unknown time zone Europe/Atlantis',
          },
        ],
      },
    ],
    [
      'says that a schedule cannot be read',
      { schedule: '@often' },
      {},
      {
        notes: [
          {
            type: 'Warning',
            reason: 'UnparseableSchedule',
            message: 'unparseable schedule: "@often" : unrecognized descriptor: @often',
          },
        ],
      },
    ],
    [
      'says that a schedule never comes',
      { schedule: '0 0 31 2 *' },
      {},
      {
        notes: [
          {
            type: 'Warning',
            reason: 'InvalidSchedule',
            message: 'invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second',
          },
        ],
      },
    ],
  ];
  for (const [what, spec, status, plan] of cases) {
    it(what, () => expect(planRun(cron(spec, status), at)).to.deep.equal(plan));
  }

  it('lets a schedule of old name its zone', () => {
    const { run, notes } = planRun(cron({ schedule: 'TZ=Asia/Kolkata 0 6 * * *', timeZone: undefined }), at);
    expect(run).to.equal(start + 30 * MINUTE);
    expect(notes.map(({ reason }) => reason)).to.deep.equal(['UnsupportedSchedule']);
  });

  it('names the time of a job in the zone of the schedule', () => {
    const { metadata: meta } = jobOf(cron({ timeZone: 'America/New_York' }), start);
    expect(meta).to.deep.include({ name: `tick-${start / MINUTE}` });
    expect(meta.annotations).to.deep.equal({
      'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-02-28T19:00:00-05:00',
    });
  });
});
