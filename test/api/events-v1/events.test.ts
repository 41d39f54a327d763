import { expect } from 'chai';
import { event } from '../../../src/api/events-v1/event.ts';
import { createErrors, updateErrors } from '../kind-cases.ts';

const good = {
  eventTime: '2026-01-01T00:00:00.000000Z',
  type: 'Normal',
  reason: 'Done',
  action: 'Do',
  reportingController: 'a.io/b',
  reportingInstance: 'b-1',
  regarding: { namespace: 'default' },
};

describe('the rules of events', () => {
  const cases: [what: string, more: object, ...errors: string[]][] = [
    ['nothing wrong', {}],
    [
      'a series that is none',
      { series: { count: 1 } },
      'series.count: Invalid value: "": should be at least 2',
      'series.lastObservedTime: Required value',
    ],
    ['another type', { type: 'Bad' }, 'type: Invalid value: "": has invalid value: Bad'],
    [
      'fields of the other version',
      { deprecatedCount: 2, deprecatedSource: { component: 'x' } },
      'count: Invalid value: "": needs to be unset',
      'source: Invalid value: "": needs to be unset',
    ],
    ['an object of another namespace', { regarding: { namespace: 'x' } }],
  ];
  for (const [what, more, ...errors] of cases) {
    it(`know of ${what}`, () => expect(createErrors(event, { ...good, ...more })).to.deep.equal(errors));
  }

  it('let an event happen again, but not otherwise', () => {
    const series = { count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' };
    expect(updateErrors(event, good, { ...good, series })).to.deep.equal([]);
    expect(updateErrors(event, good, { ...good, note: 'x' })).to.deep.equal([
      'message: Invalid value: "x": field is immutable',
    ]);
  });
});
