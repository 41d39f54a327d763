import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseSchedule, type CronSchedule } from '../../../src/api/batch-v1/cron-schedule.ts';
import { missedRuns, never } from '../../../src/controllers/cron-job/missed.ts';
import { nextTime } from '../../../src/controllers/cron-job/next-time.ts';
import { formatInZone, timeZone } from '../../../src/controllers/cron-job/time-zone.ts';

const NY = 'America/New_York';

/** A chain of runs: each is the next one after the one before it. */
const chains: [zone: string, schedule: string, ...times: string[]][] = [
  ['UTC', '*/15 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:15:00Z', '2026-01-01T00:30:00Z'],
  ['UTC', '0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z'],
  ['UTC', '0 12 13 * FRI', '2026-02-01T00:00:00Z', '2026-02-06T12:00:00Z', '2026-02-13T12:00:00Z'],
  [
    'UTC',
    '0 0 */2 * MON',
    '2026-01-01T12:00:00Z',
    '2026-01-03T00:00:00Z',
    '2026-01-05T00:00:00Z',
    '2026-01-07T00:00:00Z',
  ],
  [
    'UTC',
    '0 0 * * 1-5/2',
    '2026-01-02T00:00:00Z',
    '2026-01-05T00:00:00Z',
    '2026-01-07T00:00:00Z',
    '2026-01-09T00:00:00Z',
  ],
  [
    'UTC',
    '5/20 8-9 1 jan,Jul ?',
    '2026-01-01T08:00:30Z',
    '2026-01-01T08:05:00Z',
    '2026-01-01T08:25:00Z',
    '2026-01-01T08:45:00Z',
    '2026-01-01T09:05:00Z',
    '2026-01-01T09:25:00Z',
    '2026-01-01T09:45:00Z',
    '2026-07-01T08:05:00Z',
  ],
  ['UTC', '@yearly', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
  ['UTC', '@monthly', '2026-01-31T00:00:00Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
  ['UTC', '@weekly', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00Z', '2026-01-11T00:00:00Z'],
  ['UTC', '@daily', '2026-01-01T10:00:00Z', '2026-01-02T00:00:00Z'],
  ['UTC', '@hourly', '2026-01-01T10:59:59Z', '2026-01-01T11:00:00Z', '2026-01-01T12:00:00Z'],
  ['UTC', '@every 1h30m', '2026-01-01T10:00:10Z', '2026-01-01T11:30:10Z', '2026-01-01T13:00:10Z'],
  ['UTC', '@every 1.5s', '2026-01-01T10:00:10Z', '2026-01-01T10:00:11Z'],
  ['UTC', '@every 1ms', '2026-01-01T10:00:10Z', '2026-01-01T10:00:11Z'],
  // New York: 02:00 becomes 03:00 on 2012-03-11, and again 01:00 on 2012-11-04.
  [NY, '30 2 11 3 ?', '2012-03-11T00:00:00-05:00', '2013-03-11T02:30:00-04:00'],
  [
    NY,
    '0 * * * ?',
    '2012-03-11T00:00:00-05:00',
    '2012-03-11T01:00:00-05:00',
    '2012-03-11T03:00:00-04:00',
    '2012-03-11T04:00:00-04:00',
  ],
  [NY, '0 1 * * ?', '2012-03-11T00:00:00-05:00', '2012-03-11T01:00:00-05:00', '2012-03-12T01:00:00-04:00'],
  [NY, '0 2 * * ?', '2012-03-11T00:00:00-05:00', '2012-03-12T02:00:00-04:00'],
  [NY, '0 3 * * ?', '2012-03-11T00:00:00-05:00', '2012-03-11T03:00:00-04:00', '2012-03-12T03:00:00-04:00'],
  [NY, '30 2 4 11 ?', '2012-11-04T00:00:00-04:00', '2012-11-04T02:30:00-05:00'],
  [NY, '30 1 4 11 ?', '2012-11-04T01:45:00-04:00', '2012-11-04T01:30:00-05:00'],
  [
    NY,
    '0 * * * ?',
    '2012-11-04T00:00:00-04:00',
    '2012-11-04T01:00:00-04:00',
    '2012-11-04T01:00:00-05:00',
    '2012-11-04T02:00:00-05:00',
  ],
  [
    NY,
    '0 1 * * ?',
    '2012-11-04T00:00:00-04:00',
    '2012-11-04T01:00:00-04:00',
    '2012-11-04T01:00:00-05:00',
    '2012-11-05T01:00:00-05:00',
  ],
  [NY, '0 2 * * ?', '2012-11-04T00:00:00-04:00', '2012-11-04T02:00:00-05:00', '2012-11-05T02:00:00-05:00'],
  [NY, '0 3 3 * ?', '2012-11-04T00:00:00-04:00', '2012-12-03T03:00:00-05:00'],
  // São Paulo: midnight became 01:00 on 2018-11-04, and 23:00 again on 2018-02-18.
  ['America/Sao_Paulo', '0 9 10 * ?', '2018-10-17T06:00:00-03:00', '2018-11-10T09:00:00-02:00'],
  ['America/Sao_Paulo', '0 9 22 * ?', '2018-02-14T08:00:00-02:00', '2018-02-22T09:00:00-03:00'],
  // Lord Howe: half an hour, 02:00 becomes 02:30 on 2026-10-04, and 01:30 again on 2026-04-05.
  ['Australia/Lord_Howe', '15 2 * * *', '2026-10-03T12:00:00+10:30', '2026-10-05T02:15:00+11:00'],
  [
    'Australia/Lord_Howe',
    '45 1 * * *',
    '2026-04-04T12:00:00+11:00',
    '2026-04-05T01:45:00+11:00',
    '2026-04-05T01:45:00+10:30',
    '2026-04-06T01:45:00+10:30',
  ],
  ['Europe/Berlin', '30 2 * * *', '2026-03-28T02:30:00+01:00', '2026-03-30T02:30:00+02:00'],
  [
    'Europe/Berlin',
    '30 2 * * *',
    '2026-10-25T00:00:00+02:00',
    '2026-10-25T02:30:00+02:00',
    '2026-10-25T02:30:00+01:00',
    '2026-10-26T02:30:00+01:00',
  ],
  ['Asia/Kolkata', '0 0 * * *', '2026-01-01T05:00:00+05:30', '2026-01-02T00:00:00+05:30'],
  ['Asia/Kathmandu', '0 * * * *', '2026-01-01T05:10:00+05:45', '2026-01-01T06:00:00+05:45'],
];

describe('the next time of a schedule', () => {
  for (const [zone, schedule, ...times] of chains) {
    it(`${schedule} in ${zone} after ${times[0]}`, () => {
      const found = times.slice(0, -1).map((time) => nextTime(read(schedule), Date.parse(time), timeZone(zone)!));
      expect(found.map((time) => (time === undefined ? time : formatInZone(time, timeZone(zone))))).to.deep.equal(
        times.slice(1),
      );
    });
  }

  for (const schedule of ['0 0 30 2 *', '0 0 31 4 *', '59 23 31 2 *']) {
    it(`${schedule} never comes`, () => expect(nextTime(read(schedule), 0, timeZone('UTC')!)).to.equal(undefined));
  }

  it('knows which zones there are', () => expect(timeZone('Europe/Atlantis')).to.equal(undefined));
});

describe('schedules of all kinds', () => {
  const part = (min: number, max: number) =>
    fc.oneof(
      fc.constant('*'),
      fc.integer({ min, max }).map(String),
      fc.integer({ min: 2, max: 7 }).map((step) => `*/${step}`),
      fc
        .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
        .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    );
  const schedules = fc
    .tuple(part(0, 59), part(0, 23), part(1, 28), part(1, 12), part(0, 6))
    .map((all) => all.join(' '));
  const times = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) });

  it('come at a minute that matches, and at none before', () => {
    fc.assert(
      fc.property(
        schedules,
        times,
        fc.constantFrom('UTC', 'Asia/Kathmandu', 'America/Phoenix'),
        (text, after, name) => {
          const zone = timeZone(name)!;
          const [schedule, start] = [read(text), Math.floor(after / 60_000) * 60_000 + 60_000];
          const found = nextTime(schedule, after, zone);
          // Only the first days are looked at minute by minute.
          const end = start + 3 * 86_400_000;
          let first = start;
          while (first < end && !matches(schedule, zone.toLocal(first))) first += 60_000;
          if (first < end) expect(found).to.equal(first);
          else if (found !== undefined) expect(matches(schedule, zone.toLocal(found))).to.equal(true);
        },
      ),
      { numRuns: 150 },
    );
  });
});

function matches(schedule: CronSchedule, local: number): boolean {
  if ('every' in schedule) return false;
  const { minute, hour, dayOfMonth, month, dayOfWeek } = schedule;
  const at = new Date(local);
  const days = [dayOfMonth.values.has(at.getUTCDate()), dayOfWeek.values.has(at.getUTCDay())];
  const day = dayOfMonth.any || dayOfWeek.any ? days.every(Boolean) : days.some(Boolean);
  const inMonth = month.values.has(at.getUTCMonth() + 1);
  return minute.values.has(at.getUTCMinutes()) && hour.values.has(at.getUTCHours()) && day && inMonth;
}

describe('missed runs', () => {
  const start = Date.UTC(2026, 0, 1);
  const hour = 3_600_000;
  const missed = (schedule: string, now: number) => missedRuns(read(schedule), timeZone('UTC')!, start, now);

  it('are none before the first', () => expect(missed('30 * * * *', start + hour / 4)).to.deep.equal({ many: false }));
  it('are one after the first', () =>
    expect(missed('30 * * * *', start + hour)).to.deep.equal({ latest: start + hour / 2, many: false }));
  it('end with the latest', () =>
    expect(missed('30 * * * *', start + 50 * hour)).to.deep.equal({ latest: start + 49.5 * hour, many: false }));
  it('are many after a hundred', () => {
    expect(missed('0 * * * *', start + 100 * hour)).to.include({ many: false });
    expect(missed('0 * * * *', start + 101 * hour)).to.deep.equal({ latest: start + 101 * hour, many: true });
  });
  it('are found at once after years', () => {
    const now = start + 20 * 365 * 24 * hour;
    expect(missed('* * * * *', now)).to.deep.equal({ latest: now, many: true });
    expect(missed('0 0 1 1 *', now)).to.deep.equal({ latest: Date.UTC(2045, 0, 1), many: false });
    expect(missed('@every 1s', now)).to.deep.equal({ latest: now, many: true });
  });
  it('of what never runs', () => expect(missed('0 0 30 2 *', start + hour)).to.equal(never));
});

function read(text: string): CronSchedule {
  const schedule = parseSchedule(text);
  if (typeof schedule === 'string') throw new Error(schedule);
  return schedule;
}
