import { expect } from 'chai';
import { applyMergePatch } from '../../../src/apimachinery/patch/merge-patch.ts';

describe('merge patch', () => {
  // The cases of RFC 7396, appendix A, whose patch is an object.
  const table: [object, object, object][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    [{ a: 1 }, {}, { a: 1 }],
    [{}, { constructor: { x: 1 } }, { constructor: { x: 1 } }],
  ];
  for (const [target, patch, result] of table) {
    it(`${JSON.stringify(target)} with ${JSON.stringify(patch)}`, () => {
      const [targetBefore, patchBefore] = [JSON.stringify(target), JSON.stringify(patch)];
      expect(applyMergePatch(target, patch)).to.deep.equal(result);
      expect([JSON.stringify(target), JSON.stringify(patch)]).to.deep.equal([targetBefore, patchBefore]);
    });
  }

  it('never reaches a prototype', () => {
    applyMergePatch({ a: {} }, JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}'));
    expect(({} as { polluted?: number }).polluted).to.equal(undefined);
  });

  for (const patch of [[], 'x', null, 1]) {
    it(`refuses ${JSON.stringify(patch)}`, () =>
      expect(() => applyMergePatch({}, patch))
        .to.throw()
        .with.property('code', 400));
  }
});
