import { expect } from 'chai';
import {
  countCommon,
  countOf,
  firstMissing,
  formatIndexes,
  hasIndex,
  indexesOf,
  parseIndexes,
  union,
} from '../../../src/controllers/job/indexes.ts';

describe('sets of indexes', () => {
  for (const [numbers, text] of [
    [[], ''],
    [[0], '0'],
    [[1, 0], '0,1'],
    [[7, 1, 3, 4, 5], '1,3-5,7'],
    [[2, 3, 5, 6, 8, 9, 10], '2,3,5,6,8-10'],
  ] as const) {
    it(`${numbers.join()} is "${text}"`, () => {
      expect(formatIndexes(indexesOf(numbers))).to.equal(text);
      expect(parseIndexes(text, 100)).to.deep.equal(indexesOf(numbers));
      expect(countOf(indexesOf(numbers))).to.equal(numbers.length);
      for (let i = 0; i < 12; i++) expect(hasIndex(indexesOf(numbers), i)).to.equal(numbers.some((n) => n === i));
    });
  }

  for (const [text, completions, read] of [
    ['0-9', 5, '0-4'],
    ['0,3,7-9', 7, '0,3'],
    ['1,x', 5, ''],
    ['1-2-3', 5, ''],
    [undefined, 5, ''],
  ] as const) {
    it(`"${text}" below ${completions} is "${read}"`, () =>
      expect(formatIndexes(parseIndexes(text, completions))).to.equal(read));
  }

  const of = (text: string) => parseIndexes(text, 1000);
  it('join', () => {
    expect(formatIndexes(union(of('0-2,8'), of('3,5-6')))).to.equal('0-3,5,6,8');
    expect(formatIndexes(union(of('0-9'), of('3,5-6')))).to.equal('0-9');
    expect(formatIndexes(union(of(''), of('3')))).to.equal('3');
  });
  it('have indexes in common', () => {
    expect(countCommon(of('0-4,7'), of('3-8'))).to.equal(3);
    expect(countCommon(of('0'), of('1'))).to.equal(0);
  });
  it('leave others free', () => {
    expect(firstMissing(of('0-2,5'), 3, 8)).to.deep.equal([3, 4, 6]);
    expect(firstMissing(of('0-2,5'), 9, 7)).to.deep.equal([3, 4, 6]);
    expect(firstMissing(of(''), 2, 7)).to.deep.equal([0, 1]);
    expect(firstMissing(of('5-900'), 9, 3)).to.deep.equal([0, 1, 2]);
    expect(firstMissing(of('0-6'), 9, 7)).to.deep.equal([]);
  });
});
