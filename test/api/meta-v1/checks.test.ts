import { expect } from 'chai';
import { repeats } from '../../../src/api/meta-v1/checks.ts';

describe('repeats', () => {
  const cases: [string, readonly unknown[], number[]][] = [
    ['nothing', [], []],
    ['values that differ', ['a', 'b', 'A'], []],
    ['each but the first of its kind', ['a', 'b', 'a', 'a', 'b'], [2, 3, 4]],
    ['what is not there, too', [undefined, 'a', undefined], [2]],
    ['names of properties that every object has', ['__proto__', 'constructor'], []],
  ];
  for (const [what, values, expected] of cases) {
    it(`tells ${what}`, () => {
      const again = repeats(values);
      expect([...values.keys()].filter(again)).to.deep.equal(expected);
    });
  }

  it('takes one pass, however long the list', () => {
    const values = Array.from({ length: 500_000 }, (_, i) => `value${i}`);
    const again = repeats([...values, 'value7']);
    expect([values.some((_, i) => again(i)), again(values.length)]).to.deep.equal([false, true]);
  });
});
