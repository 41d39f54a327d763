import { expect } from 'chai';
import * as fc from 'fast-check';
import { applyJsonPatch } from '../../../src/apimachinery/patch/json-patch.ts';
import { applyMergePatch } from '../../../src/apimachinery/patch/merge-patch.ts';

const name = fc.constantFrom('a', 'b', 'c/d', 'e~f', '');
const { document } = fc.letrec<{ document: Record<string, unknown>; value: unknown }>((tie) => ({
  document: fc.dictionary(name, tie('value'), { maxKeys: 4 }).map((o) => ({ ...o })),
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(1, 'x', true),
    fc.array(fc.constantFrom<unknown>(1, 'x', { k: 1 }), { maxLength: 3 }),
    tie('document'),
  ),
}));

/** The merge patch that turns `from` into `to`, after RFC 7396. */
function mergePatch(from: any, to: any): any {
  const isObject = (v: unknown) => typeof v === 'object' && v !== null && !Array.isArray(v);
  if (!isObject(from) || !isObject(to)) return to;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch[key] = null;
  for (const key of Object.keys(to)) patch[key] = Object.hasOwn(from, key) ? mergePatch(from[key], to[key]) : to[key];
  return patch;
}

const pointer = (key: string) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

describe('patches in general', () => {
  it('merge: the difference of two documents turns one into the other', () => {
    fc.assert(
      fc.property(document, document, (from, to) => {
        const before = structuredClone(from);
        expect(applyMergePatch(from, mergePatch(from, to))).to.deep.equal(to);
        expect(from, 'the document itself is left alone').to.deep.equal(before);
      }),
    );
  });

  it('merge: a patch applied twice changes nothing more', () => {
    fc.assert(
      fc.property(document, document, (from, patch) => {
        const once = applyMergePatch(from, patch);
        expect(applyMergePatch(once, patch)).to.deep.equal(once);
      }),
    );
  });

  it('JSON: what was added can be tested, copied, moved and removed', () => {
    fc.assert(
      fc.property(document, name, document, (from, key, value) => {
        const before = structuredClone(from);
        const path = pointer(key);
        const { [key]: _, ...rest } = from;
        const added = applyJsonPatch(from, [
          { op: 'add', path, value },
          { op: 'test', path, value },
        ]);
        expect(added).to.deep.equal({ ...rest, [key]: value });
        const moved = applyJsonPatch(added, [
          { op: 'copy', from: path, path: '/copied' },
          { op: 'move', from: '/copied', path: '/moved' },
          { op: 'remove', path },
        ]);
        expect(moved).to.deep.equal({ ...rest, moved: value });
        expect(from, 'the document itself is left alone').to.deep.equal(before);
      }),
    );
  });

  it('JSON: any list of operations either applies or is refused with a sentence, and changes nothing else', () => {
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'nope'),
        path: fc.oneof(name.map(pointer), fc.constantFrom('', '/', '/a/0', '/a/-', '/__proto__/x', '/constructor')),
        from: name.map(pointer),
        value: document,
      },
      { requiredKeys: ['op', 'path'] },
    );
    fc.assert(
      fc.property(document, fc.array(operation, { maxLength: 5 }), (from, patch) => {
        const before = structuredClone(from);
        try {
          applyJsonPatch(from, patch);
        } catch (error) {
          expect((error as { code?: number }).code).to.be.oneOf([400, 422]);
        }
        expect(from).to.deep.equal(before);
        expect(({} as any).x, 'no prototype is touched').to.equal(undefined);
      }),
    );
  });
});
