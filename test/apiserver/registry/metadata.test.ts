import { expect } from 'chai';
import { defineKind } from '../../../src/apimachinery/kind.ts';
import type { ObjectMeta } from '../../../src/apimachinery/object.ts';
import { validateMetadata, validateMetadataUpdate } from '../../../src/apiserver/registry/metadata.ts';

const kind = defineKind({ group: 'x.io', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true });
const meta = (more: Partial<ObjectMeta>): ObjectMeta => ({
  name: 'a',
  namespace: 'default',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...more,
});
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' };
const texts = (errors: { field: string; message: string }[]) => errors.map((e) => `${e.field}: ${e.message}`);

describe('metadata of any object', () => {
  const cases: [what: string, fields: Partial<ObjectMeta>, errors: (string | RegExp)[]][] = [
    ['nothing special', { labels: { 'a.b/c': 'd' }, ownerReferences: [owner], finalizers: ['x.io/y', 'orphan'] }, []],
    ['no name', { name: '' }, ['metadata.name: Required value: name or generateName is required']],
    ['a bad prefix', { generateName: 'A-' }, [/^metadata.generateName: Invalid value: "A-": a lowercase RFC 1123 sub/]],
    ['no namespace', { namespace: '' }, ['metadata.namespace: Required value']],
    ['a bad label', { labels: { a: '-' } }, [/^metadata.labels: Invalid value: "-": a valid label must be/]],
    [
      'too many annotations',
      { annotations: { a: 'x'.repeat(2 ** 18) } },
      ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    ],
    [
      'an owner that says nothing',
      { ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: '' }] },
      [
        'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
        'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
        'metadata.ownerReferences.name: Invalid value: "": must not be empty',
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
      ],
    ],
    [
      'an owner that cannot own',
      { ownerReferences: [{ ...owner, kind: 'Event' }] },
      [/: \/v1, Kind=Event is disallowed from being an owner$/],
    ],
    [
      'two controllers',
      {
        ownerReferences: [
          { ...owner, controller: true },
          { ...owner, name: 'q', controller: true },
        ],
      },
      [/: Only one reference can have Controller set to true. Found "true" in references for Pod\/p and Pod\/q$/],
    ],
    [
      'a finalizer without a domain',
      { finalizers: ['mine'] },
      [
        'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    ],
    [
      'two ways of going at once',
      { finalizers: ['orphan', 'foregroundDeletion'] },
      [/: finalizer orphan and foregroundDeletion cannot be both set$/],
    ],
  ];
  for (const [what, fields, errors] of cases) {
    it(`with ${what} is judged`, () => {
      const found = texts(validateMetadata(kind, meta(fields)));
      expect(found).to.have.length(errors.length);
      found.forEach((text, i) => {
        const expected = errors[i]!;
        if (typeof expected === 'string') expect(text).to.equal(expected);
        else expect(text).to.match(expected);
      });
    });
  }

  it('may have plain finalizers where the kind says so', () => {
    expect(validateMetadata({ ...kind, plainFinalizers: true }, meta({ finalizers: ['mine'] }))).to.deep.equal([]);
  });

  it('gets no finalizers any more once it is being deleted', () => {
    const old = meta({ deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['x.io/a'] });
    expect(texts(validateMetadataUpdate({ ...old, finalizers: ['x.io/a', 'x.io/b'] }, old))).to.deep.equal([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x.io/b"}',
    ]);
  });
});
