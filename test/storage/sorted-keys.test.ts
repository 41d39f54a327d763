import { expect } from 'chai';
import { array, assert, boolean, property, string, stringMatching, tuple } from 'fast-check';
import { seededRandom } from '../../src/base/random.ts';
import { prefixEnd, SortedKeys } from '../../src/storage/sorted-keys.ts';

describe('SortedKeys', () => {
  it('holds the same as a sorted set, whatever is added and removed', () => {
    const operation = tuple(boolean(), stringMatching(/^[a-d/]{1,4}$/));
    assert(
      property(array(operation, { maxLength: 200 }), string(), string(), (operations, a, b) => {
        const keys = new SortedKeys();
        const model = new Set<string>();
        for (const [add, key] of operations) {
          if (add) keys.add(key);
          else keys.delete(key);
          if (add) model.add(key);
          else model.delete(key);
        }
        const expected = [...model].filter((k) => k >= a && k < b).sort();
        expect([...keys.range(a, b)]).to.deep.equal(expected);
        expect(keys.count(a, b)).to.equal(expected.length);
        for (const limit of [0, 1, 3, Infinity]) {
          expect(keys.slice(a, b, limit)).to.deep.equal(expected.slice(0, limit));
        }
        expect(keys.size).to.equal(model.size);
      }),
    );
  });

  it('stays in order over many chunks', () => {
    const random = seededRandom(1);
    const keys = new SortedKeys();
    const all = Array.from({ length: 5000 }, () => `/k/${Math.floor(random() * 1e9)}`);
    for (const key of all) keys.add(key);
    for (const key of all.slice(0, 2000)) keys.delete(key);
    const expected = [...new Set(all.slice(2000))].sort();
    expect([...keys.range('/k/', prefixEnd('/k/'))]).to.deep.equal(expected);
    expect(keys.slice('/k/', prefixEnd('/k/'), Infinity)).to.deep.equal(expected);
    expect(keys.slice(expected[100]!, expected[2000]!, 1500)).to.deep.equal(expected.slice(100, 1600));
    expect(keys.slice(expected[100]!, expected[2000]!, 5000)).to.deep.equal(expected.slice(100, 2000));
    expect(keys.count('/k/5', '/k/6')).to.equal(expected.filter((k) => k.startsWith('/k/5')).length);
  });
});
