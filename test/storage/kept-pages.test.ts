import { expect } from 'chai';
import { assert, asyncProperty, array, constantFrom, integer, oneof, record, constant } from 'fast-check';
import type { KubeObject } from '../../src/apimachinery/object.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { KeptPages } from '../../src/storage/kept-pages.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { StoredEntry, encodeStored } from '../../src/storage/entry.ts';

const object = (name: string, text = '') =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, uid: name }, data: { text } }) as unknown as KubeObject;

/** A page of one entry of so many bytes, more or less. */
function page(prefix: string, bytes = 100) {
  const entry = new StoredEntry(`${prefix}x`, 1, encodeStored(object('x', 'y'.repeat(bytes))));
  return { prefix, entries: [entry], remaining: undefined };
}

describe('KeptPages', () => {
  it('keeps a page when it is asked for again, until something in its collection changes', () => {
    const kept = new KeptPages();
    const wanted = page('/a/');
    expect(kept.offer('1', wanted)).to.equal(false);
    expect(kept.get('1')).to.equal(undefined);
    expect(kept.offer('1', wanted)).to.equal(true);
    kept.changed('/b/x');
    expect(kept.get('1')).to.equal(wanted);
    kept.changed('/a/new');
    expect(kept.get('1')).to.equal(undefined);
  });

  it('keeps few, small ones, and those that were used last', () => {
    const kept = new KeptPages();
    const keep = (id: string, bytes?: number) =>
      kept.offer(id, page(`/${id}/`, bytes)) || kept.offer(id, page(`/${id}/`, bytes));
    expect(keep('too large', 3_000_000)).to.equal(false);
    for (let i = 0; i < 20; i++) {
      keep(`${i}`);
      kept.get('0');
    }
    expect([0, 1, 3, 5, 19].map((i) => kept.get(`${i}`) !== undefined)).to.deep.equal([true, false, false, true, true]);
    for (let i = 0; i < 6; i++) keep(`large ${i}`, 1_900_000);
    expect([0, 1, 2, 5].map((i) => kept.get(`large ${i}`) !== undefined)).to.deep.equal([false, false, true, true]);
  });
});

describe('pages of a list that are kept', () => {
  const prefixes = ['/registry/core/configmaps/a/', '/registry/core/configmaps/', '/registry/core/configmaps/ab/'];

  it('are never told when they are no longer true', async () => {
    const step = oneof(
      record({ do: constant('put' as const), key: integer({ min: 0, max: 9 }), ns: constantFrom('a', 'ab') }),
      record({ do: constant('delete' as const), key: integer({ min: 0, max: 9 }), ns: constantFrom('a', 'ab') }),
      record({ do: constant('list' as const), prefix: constantFrom(...prefixes), limit: integer({ min: 0, max: 4 }) }),
    );
    await assert(
      asyncProperty(array(step, { maxLength: 60 }), async (steps) => {
        const storage = new MemoryStorage({ clock: new VirtualClock() });
        const model = new Map<string, number>();
        for (const s of steps) {
          if (s.do === 'list') {
            await expectPages(storage, model, s.prefix, s.limit);
            continue;
          }
          const key = `/registry/core/configmaps/${s.ns}/${s.key}`;
          if (s.do === 'put' && !model.has(key)) {
            model.set(key, (await storage.create(key, object(`${s.key}`))).revision);
          } else if (model.has(key)) {
            const update = s.do === 'put' ? { store: object(`${s.key}`, `${model.size}`) } : 'delete';
            const entry = await storage.update(key, () => update);
            if (s.do === 'put') model.set(key, entry.revision);
            else model.delete(key);
          }
        }
        await storage.close();
      }),
      { numRuns: 100 },
    );
  });

  /** Twice, for the second time is when a page is kept, and once more, which it is answered from. */
  async function expectPages(storage: MemoryStorage, model: Map<string, number>, prefix: string, limit: number) {
    const expected = [...model].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
    for (let time = 0; time < 3; time++) {
      const found: [string, number][] = [];
      let token: string | undefined;
      do {
        const result = await storage.list(prefix, { ...(limit && { limit }), ...(token && { continue: token }) });
        expect(result.revision).to.equal(await storage.currentRevision());
        for (const entry of result.entries) found.push([entry.key, entry.revision]);
        expect(result.remaining ?? 0).to.equal(expected.length - found.length);
        token = result.continue;
        expect(token === undefined).to.equal(found.length === expected.length);
      } while (token);
      expect(found).to.deep.equal(expected);
    }
  }
});
