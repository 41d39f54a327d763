import { expect } from 'chai';
import { percentOf, resolvePercent, type IntOrString } from '../../src/apimachinery/int-or-string.ts';

describe('int or string', () => {
  const table: [IntOrString, number, 'up' | 'down', number][] = [
    [3, 10, 'up', 3],
    ['25%', 10, 'up', 3],
    ['25%', 10, 'down', 2],
    ['100%', 7, 'down', 7],
    ['0%', 7, 'up', 0],
    ['29%', 100, 'down', 29],
  ];
  for (const [value, total, round, result] of table) {
    it(`${value} of ${total} rounded ${round} is ${result}`, () => {
      expect(resolvePercent(value, total, round)).to.equal(result);
    });
  }

  it('refuses text that is no percentage', () => {
    for (const text of ['5', '', '%', 'a%', '1.5%']) {
      expect(() => resolvePercent(text, 1, 'up'), text).to.throw('string is not a percentage');
      expect(percentOf(text)).to.equal(undefined);
    }
  });
});
