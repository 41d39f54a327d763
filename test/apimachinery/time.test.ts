import { expect } from 'chai';
import { age, formatMicroTime, formatTime, humanDuration, parseTime } from '../../src/apimachinery/time.ts';

describe('time', () => {
  const moment = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

  it('formats to the second and to the microsecond', () => {
    expect(formatTime(moment)).to.equal('2026-01-02T03:04:05Z');
    expect(formatMicroTime(moment)).to.equal('2026-01-02T03:04:05.678000Z');
    expect(formatMicroTime(moment + 0.25)).to.equal('2026-01-02T03:04:05.678250Z');
  });

  const parsed: [string, number | undefined][] = [
    ['2026-01-02T03:04:05.678Z', moment],
    ['2026-01-02T04:04:05.678+01:00', moment],
    ['2026-01-02t03:04:05.678z', moment],
    ['0001-01-01T00:00:00Z', -62135596800000],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['2026-02-29T00:00:00Z', undefined],
    ['2026-13-01T00:00:00Z', undefined],
    ['2026-01-01T24:00:00Z', undefined],
    ['2026-01-01', undefined],
    ['2026-01-01T00:00:00', undefined],
    ['yesterday', undefined],
  ];
  for (const [text, ms] of parsed) it(`reads ${text} as ${ms}`, () => expect(parseTime(text)).to.equal(ms));

  const ages: [number, string][] = [
    [-5, '<invalid>'],
    [-1, '0s'],
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [190, '3m10s'],
    [10 * 60, '10m'],
    [179 * 60, '179m'],
    [180 * 60, '3h'],
    [190 * 60, '3h10m'],
    [8 * 3600, '8h'],
    [47 * 3600, '47h'],
    [48 * 3600, '2d'],
    [52 * 3600, '2d4h'],
    [8 * 86400, '8d'],
    [729 * 86400, '729d'],
    [731 * 86400, '2y1d'],
    [8 * 365 * 86400, '8y'],
  ];
  for (const [seconds, text] of ages)
    it(`shows ${seconds} s as ${text}`, () => expect(humanDuration(seconds * 1000)).to.equal(text));

  it('shows an age', () => {
    expect(age('2026-01-02T03:04:00Z', moment)).to.equal('5s');
    expect(age(undefined, moment)).to.equal('<unknown>');
  });
});
