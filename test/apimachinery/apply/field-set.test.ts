import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  canonical,
  difference,
  EMPTY,
  has,
  intersection,
  isEmpty,
  isSubset,
  pathsOf,
  recursiveDifference,
  setOf,
  union,
  type FieldSet,
} from '../../../src/apimachinery/apply/field-set.ts';
import { parseFieldsV1 } from '../../../src/apimachinery/apply/fields-v1.ts';

const element = fc.constantFrom('f:a', 'f:b', 'f:__proto__', 'k:{"name":"x"}', 'k:{"name":"y"}', 'v:1', 'v:"s"', 'i:0');
const path = fc.array(element, { minLength: 1, maxLength: 4 });
const paths = fc.array(path, { maxLength: 12 });

const text = (p: readonly string[]) => p.join(' ');
const members = (set: FieldSet) => new Set([...pathsOf(set)].map(text));
const isBelow = (p: string, parent: string) => p === parent || p.startsWith(`${parent} `);

describe('field sets', () => {
  it('hold the paths that they are made of', () => {
    fc.assert(
      fc.property(paths, (list) => {
        const set = setOf(...list);
        expect(members(set)).to.deep.equal(new Set(list.map(text)));
        for (const p of list) expect(has(set, p)).to.equal(true);
      }),
    );
  });

  it('follow the algebra of sets', () => {
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        const [a, b] = [setOf(...left), setOf(...right)];
        const [inA, inB] = [new Set(left.map(text)), new Set(right.map(text))];
        expect(members(union(a, b))).to.deep.equal(new Set([...inA, ...inB]));
        expect(members(intersection(a, b))).to.deep.equal(new Set([...inA].filter((p) => inB.has(p))));
        expect(isSubset(a, b)).to.equal([...inA].every((p) => inB.has(p)));
        expect(isSubset(a, union(a, b))).to.equal(true);
        expect(members(difference(a, b))).to.deep.equal(new Set([...inA].filter((p) => !inB.has(p))));
        const kept = [...inA].filter((p) => ![...inB].some((q) => isBelow(p, q)));
        expect(members(recursiveDifference(a, b))).to.deep.equal(new Set(kept));
      }),
    );
  });

  it('answer the very argument when nothing changes', () => {
    fc.assert(
      fc.property(paths, (list) => {
        const set = setOf(...list);
        expect(union(set, set)).to.equal(set);
        expect(union(set, setOf(...list.slice(1)))).to.equal(set);
        expect(difference(set, setOf(['f:elsewhere']))).to.equal(set);
        const sorted = canonical(set);
        expect(canonical(sorted)).to.equal(sorted);
      }),
    );
  });

  it('leave nothing behind: a set without itself is empty', () => {
    fc.assert(fc.property(paths, (list) => isEmpty(difference(setOf(...list), setOf(...list)))));
  });

  it('are read back as they were written, in upstream’s order', () => {
    fc.assert(
      fc.property(paths, (list) => {
        const set = canonical(setOf(...list));
        const read = parseFieldsV1(JSON.parse(JSON.stringify(set)));
        expect(JSON.stringify(read)).to.equal(JSON.stringify(set));
      }),
    );
  });
});

describe('fieldsV1', () => {
  const cases: [what: string, sent: unknown, read: string][] = [
    ['nothing', undefined, '{}'],
    [
      'keys in any order',
      { 'k:{"protocol":"TCP","port":80}': {} },
      '{"k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}":{}}',
    ],
    ['blanks in keys', { 'k:{ "name" : "a" }': {} }, '{"k:{\\"name\\":\\"a\\"}":{}}'],
    [
      'sorts of elements',
      { 'i:3': {}, 'v:"x"': {}, 'k:{"a":1}': {}, 'f:z': {}, 'f:a': {} },
      '{"f:a":{},"f:z":{},"k:{\\"a\\":1}":{},"v:\\"x\\"":{},"i:3":{}}',
    ],
    ['numbers by value', { 'k:{"p":443}': {}, 'k:{"p":80}': {} }, '{"k:{\\"p\\":80}":{},"k:{\\"p\\":443}":{}}'],
    ['a place that is all there is', { 'f:a': { '.': {} } }, '{"f:a":{}}'],
    ['the place first', { 'f:a': { 'f:b': {}, '.': {} } }, '{"f:a":{".":{},"f:b":{}}}'],
    ['elements of a sort to come', { 'x:y': {}, 'f:a': {} }, '{"f:a":{}}'],
    ['a set that holds itself', { '.': {} }, '{}'],
  ];
  for (const [what, sent, read] of cases) {
    it(`reads ${what}`, () => {
      expect(JSON.stringify(parseFieldsV1(sent))).to.equal(read);
    });
  }

  for (const sent of [
    'x',
    7,
    [],
    { 'f:a': 'x' },
    { f: {} },
    { 'k:x': {} },
    { 'k:[]': {} },
    { 'i:x': {} },
    { 'v:': {} },
  ]) {
    it(`refuses ${JSON.stringify(sent)}`, () => {
      expect(() => parseFieldsV1(sent)).to.throw();
    });
  }

  it('refuses what nests too deeply', () => {
    let nested: object = {};
    for (let i = 0; i < 2000; i++) nested = { 'f:a': nested };
    expect(() => parseFieldsV1(nested)).to.throw(/deep/);
  });

  it('has an empty set', () => {
    expect(isEmpty(EMPTY)).to.equal(true);
  });
});
