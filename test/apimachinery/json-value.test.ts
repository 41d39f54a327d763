import { expect } from 'chai';
import { copyJson, equalJson } from '../../src/apimachinery/json-value.ts';

describe('equalJson', () => {
  const equal: [unknown, unknown][] = [
    [1, 1],
    [
      { a: 1, b: [{}] },
      { b: [{}], a: 1 },
    ],
    [{ a: undefined }, {}],
    [{}, { a: undefined }],
    [{ constructor: 'x' }, { constructor: 'x' }],
    [{ a: undefined }, { b: undefined }],
  ];
  for (const [a, b] of equal) {
    it(`holds for ${JSON.stringify(a)} and ${JSON.stringify(b)}`, () => expect(equalJson(a, b)).to.equal(true));
  }

  const different: [unknown, unknown][] = [
    [1, '1'],
    [null, {}],
    [[], {}],
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: 1 }, {}],
    [{}, { a: null }],
    [{}, { constructor: 'x' }],
    [{ toString: 'x' }, {}],
    [{}, { toString: 'x' }],
  ];
  for (const [a, b] of different) {
    it(`does not hold for ${JSON.stringify(a)} and ${JSON.stringify(b)}`, () =>
      expect(equalJson(a, b)).to.equal(false));
  }
});

describe('copyJson', () => {
  it('copies what an object has itself, nested and in order, and nothing that it inherits', () => {
    const value = Object.assign(Object.create({ inherited: 1 }), { b: [{ x: null }], a: 'text', 1: 2 });
    const copy = copyJson(value);
    expect(JSON.stringify(copy)).to.equal('{"1":2,"b":[{"x":null}],"a":"text"}');
    expect(copy).not.to.have.property('inherited');
    expect(copy.b[0]).not.to.equal(value.b[0]);
  });

  it('shares nothing with what it copies', () => {
    const value = { list: [{ a: 1 }], map: { constructor: 'x' } };
    const copy = copyJson(value);
    copy.list[0]!.a = 2;
    copy.map.constructor = 'y';
    expect(value).to.deep.equal({ list: [{ a: 1 }], map: { constructor: 'x' } });
  });

  it('leaves a key __proto__ out', () => {
    const copy = copyJson(JSON.parse('{"a":1,"__proto__":{"b":2}}'));
    expect(Object.keys(copy)).to.deep.equal(['a']);
    expect(copy.b).to.equal(undefined);
  });
});
