import { expect } from 'chai';
import * as fc from 'fast-check';
import { deletedEntry, encodeStored, metadataBytes, StoredEntry } from '../../src/storage/entry.ts';

describe('StoredEntry', () => {
  const stored = (text: string) => new StoredEntry('/registry/x/y', 42, Buffer.from(text));
  const cases: Record<string, string> = {
    'as we write it': '{"apiVersion":"v1","kind":"X","metadata":{"name":"y"},"spec":{"a":1}}',
    'with empty metadata': '{"apiVersion":"v1","kind":"X","metadata":{},"spec":{}}',
    'with its fields in another order':
      '{"spec":{"template":{"metadata":{"name":"t"}}},"metadata":{"name":"y"},"kind":"X"}',
    'with spaces': '{ "apiVersion": "v1", "kind": "X", "metadata": { "name": "y" } }',
    'with metadata quoted in a kind': '{"apiVersion":"v1","kind":"\\"metadata\\":{","metadata":{"name":"y"}}',
  };
  for (const [what, text] of Object.entries(cases)) {
    it(`carries its resourceVersion in stored JSON ${what}`, () => {
      const plain = JSON.parse(text);
      const expected = { ...plain, metadata: { ...plain.metadata, resourceVersion: '42' } };
      expect(JSON.parse(stored(text).bytes.toString())).to.deep.equal(expected);
      expect(stored(text).object).to.deep.equal(expected);
      const entry = stored(text);
      void entry.bytes;
      expect(deletedEntry(entry, 1234).object).to.deep.equal({
        ...plain,
        metadata: { ...plain.metadata, resourceVersion: '1234' },
      });
    });
  }

  it('stores no resourceVersion and puts the metadata where it is found', () => {
    const object: any = { spec: {}, metadata: { name: 'y', resourceVersion: '7' }, kind: 'X', apiVersion: 'v1' };
    expect(encodeStored(object).toString()).to.equal(
      '{"apiVersion":"v1","kind":"X","metadata":{"name":"y"},"spec":{}}',
    );
  });
});

describe('metadata among the bytes of an object', () => {
  it('is found whatever it says', () => {
    const rest = fc.dictionary(
      fc.string({ unit: 'binary' }),
      fc.json({ maxDepth: 3 }).map((text) => JSON.parse(text)),
      { maxKeys: 5 },
    );
    fc.assert(
      fc.property(rest, rest, (metadata, spec) => {
        const object: any = { apiVersion: 'v1', kind: 'X', metadata, spec };
        delete metadata['resourceVersion'];
        const { bytes } = new StoredEntry('/registry/x/y', 42, encodeStored(object));
        expect(JSON.parse(metadataBytes(bytes)!.toString())).to.deep.equal(JSON.parse(bytes.toString()).metadata);
      }),
    );
  });

  it('is not guessed where the bytes are of another form', () => {
    for (const text of [
      '{"spec":{"metadata":{"name":"t"}},"metadata":{"name":"y"},"kind":"X"}',
      '{"apiVersion":"v1","kind":"X","spec":{"metadata":{}}}',
      '{"apiVersion":"v1","kind":"X","metadata":{"name":"}"',
      '{}',
    ]) {
      expect(metadataBytes(Buffer.from(text))).to.equal(undefined);
    }
  });
});
