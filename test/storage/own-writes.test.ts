import { expect } from 'chai';
import type { KubeObject } from '../../src/apimachinery/object.ts';
import { encodeStored, StoredEntry } from '../../src/storage/entry.ts';
import { OwnWrites } from '../../src/storage/own-writes.ts';

const object = (extra: object = {}): KubeObject =>
  ({ kind: 'X', apiVersion: 'v1', metadata: { name: 'a', resourceVersion: '3' }, ...extra }) as never;

describe('OwnWrites', () => {
  it('knows what is being written, as it will be read back', () => {
    const writes = new OwnWrites();
    const value = encodeStored(object({ spec: { n: [1, { b: null }] } }));
    writes.begin('k', value, object({ spec: { n: [1, { b: null }] } }));
    const known = writes.objectOf('k', 7, Buffer.from(value));
    expect(known).to.deep.equal(new StoredEntry('k', 7, value).object);
    expect(writes.objectOf('k', 7, value), 'the watch and the answer show one object').to.equal(known);
    writes.end('k', value);
    expect(writes.objectOf('k', 7, value)).to.equal(undefined);
  });

  it('does not take the state of another writer for its own', () => {
    const writes = new OwnWrites();
    const value = encodeStored(object());
    writes.begin('k', value, object());
    expect(writes.objectOf('k', 7, encodeStored(object({ spec: 1 })))).to.equal(undefined);
    expect(writes.objectOf('other', 7, value)).to.equal(undefined);
  });

  it('forgets a write when it ends, and not the next one of the same key', () => {
    const writes = new OwnWrites();
    const [first, second] = [encodeStored(object()), encodeStored(object())];
    writes.begin('k', first, object());
    writes.begin('k', second, object());
    writes.end('k', first);
    expect(writes.objectOf('k', 7, second)).not.to.equal(undefined);
  });

  const others: readonly [string, unknown][] = [
    ['a field that is undefined', undefined],
    ['a number that JSON has not', NaN],
    ['a number that JSON writes otherwise', -0],
    ['a date', new Date(0)],
    ['an object of a class', new Map()],
    ['something like it deep inside', [{ a: { b: undefined } }]],
  ];
  for (const [what, value] of others) {
    it(`leaves to the parser ${what}`, () => {
      const writes = new OwnWrites();
      const stored = encodeStored(object({ spec: value }));
      writes.begin('k', stored, object({ spec: value }));
      expect(writes.objectOf('k', 7, stored)).to.equal(undefined);
    });
  }
});
