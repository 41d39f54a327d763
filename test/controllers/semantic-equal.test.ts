import { expect } from 'chai';
import { findCondition, withCondition, withoutCondition } from '../../src/controllers/conditions.ts';
import { semanticEqual } from '../../src/controllers/semantic-equal.ts';
import { withoutZeros } from '../../src/controllers/without-zeros.ts';

describe('semantic equality', () => {
  const cases: [unknown, unknown, boolean][] = [
    [1, 1, true],
    [1, '1', false],
    [0, undefined, false],
    ['', undefined, false],
    [false, undefined, false],
    [{}, undefined, true],
    [[], null, true],
    [{ a: {}, b: 1 }, { b: 1 }, true],
    [{ b: 1 }, { a: [], b: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [[1, 2], [2, 1], false],
    [[1], { 0: 1 }, false],
    [{ b: 1, a: [{ c: 2 }] }, { a: [{ c: 2, d: {} }], b: 1 }, true],
    [JSON.parse('{"__proto__":{"a":1}}'), {}, false],
    [{ toString: 'x' }, {}, false],
  ];
  for (const [a, b, equal] of cases) {
    it(`${JSON.stringify(a)} and ${JSON.stringify(b)} are ${equal ? 'the same' : 'not the same'}`, () => {
      expect(semanticEqual(a, b)).to.equal(equal);
      expect(semanticEqual(b, a)).to.equal(equal);
    });
  }
});

describe('conditions', () => {
  const ready = (status: string, reason: string, message: string, lastTransitionTime: string) => ({
    type: 'Ready',
    status,
    reason,
    message,
    lastTransitionTime,
  });
  const before = [ready('True', 'Fine', 'a', 't1'), { ...ready('True', 'Fine', 'a', 't1'), type: 'Other' }];

  it('stay as they are when only the message differs', () => {
    expect(withCondition(before, ready('True', 'Fine', 'b', 't2'))).to.deep.equal(before);
  });

  it('keep the time of their transition when only the reason differs', () => {
    expect(findCondition(withCondition(before, ready('True', 'Better', 'b', 't2')), 'Ready')).to.deep.equal(
      ready('True', 'Better', 'b', 't1'),
    );
  });

  it('change as a whole with their status', () => {
    expect(findCondition(withCondition(before, ready('False', 'Bad', 'b', 't2')), 'Ready')).to.deep.equal(
      ready('False', 'Bad', 'b', 't2'),
    );
    expect(withCondition(undefined, ready('False', 'Bad', 'b', 't2'))).to.have.length(1);
  });

  it('can be taken away', () => {
    expect(withoutCondition(before, 'Ready').map((c) => c.type)).to.deep.equal(['Other']);
  });
});

describe('a status without zeros', () => {
  it('keeps what is not 0, and what must be there', () => {
    expect(withoutZeros({ a: 0, b: 1, c: 0, d: '' }, ['c'])).to.deep.equal({ b: 1, c: 0, d: '' });
  });
});
