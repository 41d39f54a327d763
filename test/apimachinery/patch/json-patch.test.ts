import { expect } from 'chai';
import { ApiError } from '../../../src/apimachinery/api-error.ts';
import type { RejectedPatch } from '../../../src/apimachinery/patch/patch-error.ts';
import { applyJsonPatch } from '../../../src/apimachinery/patch/json-patch.ts';

const document = () => ({ a: 1, list: [1, 2, 3], map: { 'x/y': 1, 'm~n': 2 }, nothing: null as null | number });

function failure(patch: unknown): ApiError {
  try {
    applyJsonPatch(document(), patch);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

describe('JSON patch', () => {
  const table: [string, object[], object][] = [
    ['adds a member', [{ op: 'add', path: '/b', value: 2 }], { b: 2 }],
    ['replaces by add', [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
    ['adds null where no value is given', [{ op: 'add', path: '/b' }], { b: null }],
    ['takes a leading zero', [{ op: 'remove', path: '/list/01' }], { list: [1, 3] }],
    ['counts from the end', [{ op: 'remove', path: '/list/-1' }], { list: [1, 2] }],
    ['adds before the end', [{ op: 'add', path: '/list/-2', value: 9 }], { list: [1, 2, 9, 3] }],
    ['adds at the end', [{ op: 'add', path: '/list/-1', value: 9 }], { list: [1, 2, 3, 9] }],
    ['adds null', [{ op: 'add', path: '/b', value: null }], { b: null }],
    ['inserts into a list', [{ op: 'add', path: '/list/1', value: 9 }], { list: [1, 9, 2, 3] }],
    ['appends to a list', [{ op: 'add', path: '/list/-', value: 9 }], { list: [1, 2, 3, 9] }],
    ['appends by index', [{ op: 'add', path: '/list/3', value: 9 }], { list: [1, 2, 3, 9] }],
    ['removes an item', [{ op: 'remove', path: '/list/0' }], { list: [2, 3] }],
    [
      'unescapes keys',
      [
        { op: 'remove', path: '/map/x~1y' },
        { op: 'replace', path: '/map/m~0n', value: 3 },
      ],
      { map: { 'm~n': 3 } },
    ],
    ['moves', [{ op: 'move', from: '/list/0', path: '/list/2' }], { list: [2, 3, 1] }],
    ['moves onto itself', [{ op: 'move', from: '/a', path: '/a' }], {}],
    [
      'copies',
      [
        { op: 'copy', from: '/map', path: '/b' },
        { op: 'remove', path: '/b/x~1y' },
      ],
      { b: { 'm~n': 2 } },
    ],
    [
      'tests',
      [
        { op: 'test', path: '/map', value: { 'm~n': 2, 'x/y': 1 } },
        { op: 'replace', path: '/a', value: 5 },
      ],
      { a: 5 },
    ],
    ['finds null where nothing is', [{ op: 'test', path: '/nope', value: null }], {}],
    [
      'adds a key named like a member of Object',
      [{ op: 'add', path: '/map/constructor', value: 1 }],
      { map: { 'x/y': 1, 'm~n': 2, constructor: 1 } },
    ],
  ];
  for (const [what, patch, change] of table) {
    it(what, () => expect(applyJsonPatch(document(), patch)).to.deep.equal({ ...document(), ...change }));
  }

  const rejected: [string, object][] = [
    ['a failing test', { op: 'test', path: '/a', value: 2 }],
    ['a test of another length', { op: 'test', path: '/list', value: [1, 2] }],
    ['a missing member', { op: 'remove', path: '/nope' }],
    ['a missing member to replace', { op: 'replace', path: '/nope', value: 1 }],
    ['a missing parent', { op: 'add', path: '/nope/x', value: 1 }],
    ['a scalar parent', { op: 'add', path: '/a/x', value: 1 }],
    ['an index out of range', { op: 'add', path: '/list/4', value: 1 }],
    ['an index before the list', { op: 'remove', path: '/list/-4' }],
    ['an index that is no number', { op: 'remove', path: '/list/x' }],
    ['a test of an item that is not there', { op: 'test', path: '/list/3', value: null }],
    ['replacement of everything', { op: 'replace', path: '', value: {} }],
    ['a test of everything', { op: 'test', path: '', value: {} }],
    ['no operation', { path: '/a' }],
    ['no path', { op: 'add', value: 1 }],
    ['no source', { op: 'move', path: '/a' }],
    ['the end of a list as a source', { op: 'remove', path: '/list/-' }],
    ['a move into itself', { op: 'move', from: '/map', path: '/map/z' }],
    ['a missing source', { op: 'copy', from: '/nope', path: '/z' }],
    ['an unknown operation', { op: 'toString', path: '/a' }],
    ['a pointer without a slash', { op: 'remove', path: 'a' }],
    ['removal of everything', { op: 'remove', path: '' }],
    ['a prototype', { op: 'add', path: '/__proto__/polluted', value: 1 }],
    ['an inherited member', { op: 'add', path: '/constructor/polluted', value: 1 }],
    ['a pointer of absurd depth', { op: 'add', path: '/a'.repeat(5000), value: 1 }],
  ];
  for (const [what, operation] of rejected) {
    it(`rejects ${what} as 422`, () => {
      const error = failure([operation]);
      expect(error.code).to.equal(422);
      expect(error.reason).to.equal('Invalid');
      expect((error as RejectedPatch).detail).to.not.be.empty;
      expect(({} as { polluted?: number }).polluted).to.equal(undefined);
    });
  }

  for (const patch of [{}, 'x', 7, true, [1], ['x'], [[]]]) {
    it(`rejects ${JSON.stringify(patch)} as a bad request`, () => expect(failure(patch).code).to.equal(400));
  }

  it('takes ten thousand operations and no more', () => {
    const times = (length: number) => Array.from({ length }, () => ({ op: 'add', path: '/list/-', value: 0 }));
    expect(applyJsonPatch(document(), times(10_000)).list).to.have.length(10_003);
    expect(failure(times(10_001)).code).to.equal(413);
  });

  it('stops copies that grow without end', () => {
    const doubling = Array.from({ length: 60 }, (_, i) => ({ op: 'copy', from: '/map', path: `/map/k${i}` }));
    expect(failure(doubling).code).to.equal(413);
  });

  it('changes and shares nothing of its arguments', () => {
    const before = document();
    const value = { deep: [1] };
    const after = applyJsonPatch(before, [
      { op: 'add', path: '/v', value },
      { op: 'add', path: '/v/deep/-', value: 2 },
    ]);
    after.list.push(4);
    expect(before).to.deep.equal(document());
    expect(value).to.deep.equal({ deep: [1] });
  });
});
