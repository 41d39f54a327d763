import { expect } from 'chai';
import {
  everything,
  nothing,
  parseLabelSelector,
  selectorFromMap,
  selectorFromObject,
} from '../../src/apimachinery/label-selector.ts';

describe('label selector', () => {
  const matching: [string, Record<string, string> | undefined, boolean][] = [
    ['', { a: 'b' }, true],
    ['a=b', { a: 'b' }, true],
    ['a==b', { a: 'b' }, true],
    ['a=b', { a: 'c' }, false],
    ['a=b', undefined, false],
    ['a!=b', {}, true],
    ['a!=b', { a: 'b' }, false],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['!a', {}, true],
    ['a in (b, c)', { a: 'c' }, true],
    ['a in (b,)', { a: '' }, true],
    ['a notin (b,c)', { a: 'c' }, false],
    ['a notin (b,c)', {}, true],
    ['a=b,c!=d,e in (x,y),!f,g', { a: 'b', e: 'y', g: '1' }, true],
    ['a=b,c!=d,e in (x,y),!f,g', { a: 'b', e: 'z', g: '1' }, false],
    ['a=', { a: '' }, true],
    ['a=,b=c', { a: '', b: 'c' }, true],
    ['a>5', { a: '6' }, true],
    ['a>5', { a: '5' }, false],
    ['a<5', { a: 'x' }, false],
    ['in in (in)', { in: 'in' }, true],
    ['example.com/a=b', { 'example.com/a': 'b' }, true],
    ['constructor=x', {}, false],
    ['!constructor', {}, true],
  ];
  for (const [text, labels, result] of matching) {
    it(`${JSON.stringify(text)} ${result ? 'matches' : 'does not match'} ${JSON.stringify(labels)}`, () => {
      expect(parseLabelSelector(text).matches(labels)).to.equal(result);
    });
  }

  const wrong: [string, string][] = [
    ['a=b,', "found '', expected: identifier after ','"],
    [',a', "found ',', expected: !, identifier, or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    [
      'a in ()',
      "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
    ],
    [
      'a>x',
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
    ['!', "unable to parse requirement: found '', expected: identifier"],
  ];
  for (const [text, message] of wrong) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseLabelSelector(text))
        .to.throw(message)
        .with.property('code', 400);
    });
  }

  for (const symbol of [',', '(', '=', '!']) {
    it(`refuses any number of ${symbol} in a sentence`, () => {
      expect(() => parseLabelSelector(symbol.repeat(500_000)))
        .to.throw(/found/)
        .with.property('code', 400);
    });
  }

  it('checks keys and values', () => {
    expect(() => parseLabelSelector('-a=b')).to.throw(
      /^unable to parse requirement: key: Invalid value: "-a": name part must/,
    );
    expect(() => parseLabelSelector('a=b$')).to.throw(/values\[0\]\[a\]: Invalid value: "b\$": a valid label must be/);
  });

  it('reads the object form', () => {
    const selector = selectorFromObject({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    });
    expect(selector.matches({ app: 'web', tier: 'a' })).to.equal(true);
    expect(selector.matches({ app: 'web', tier: 'a', old: '' })).to.equal(false);
    expect(selector.toString()).to.equal('app=web,tier in (a,b),!old');
    expect(parseLabelSelector(selector.toString()).toString()).to.equal(selector.toString());
  });

  it('takes an absent object for nothing and an empty one for everything', () => {
    expect(selectorFromObject(undefined)).to.equal(nothing);
    expect(selectorFromObject({})).to.equal(everything);
    expect(nothing.matches({})).to.equal(false);
    expect(nothing.empty).to.equal(false);
    expect(everything.empty).to.equal(true);
    expect(() => selectorFromObject({ matchExpressions: [{ key: 'a', operator: 'Near' }] })).to.throw(
      '"Near" is not a valid label selector operator',
    );
  });

  it('tells which value a key must have', () => {
    expect(parseLabelSelector('a=b,c in (d,e)').exact('a')).to.equal('b');
    expect(parseLabelSelector('a=b,c in (d,e)').exact('c')).to.equal(undefined);
    expect(selectorFromMap({ a: 'b' }).matches({ a: 'b', c: 'd' })).to.equal(true);
  });
});
