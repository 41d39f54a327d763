import { expect } from 'chai';
import * as fc from 'fast-check';
import { parseFieldSelector } from '../../src/apimachinery/field-selector.ts';
import { parseLabelSelector, selectorFromObject } from '../../src/apimachinery/label-selector.ts';

const key = fc.constantFrom('a', 'b', 'example.com/c', 'in', 'notin', 'exists');
const value = fc.constantFrom('', 'x', 'y', 'in', '1', '7.0_z');
const labels = fc.dictionary(key, value, { maxKeys: 4 }).map((object) => ({ ...object }));

const expression = fc.oneof(
  fc.record({
    key,
    operator: fc.constantFrom('In' as const, 'NotIn' as const),
    values: fc.uniqueArray(value, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
);

/** What the API's documentation says of one expression, word by word. */
function holds(of: { key: string; operator: string; values?: string[] }, on: Record<string, string>): boolean {
  const present = Object.hasOwn(on, of.key);
  if (of.operator === 'Exists') return present;
  if (of.operator === 'DoesNotExist') return !present;
  const within = present && of.values!.includes(on[of.key]!);
  return of.operator === 'In' ? within : !within;
}

describe('label selectors in general', () => {
  it('match what their expressions say', () => {
    fc.assert(
      fc.property(fc.array(expression, { maxLength: 3 }), labels, labels, (matchExpressions, matchLabels, on) => {
        const expected =
          matchExpressions.every((e) => holds(e, on)) &&
          Object.entries(matchLabels).every(([k, v]) => Object.hasOwn(on, k) && on[k] === v);
        expect(selectorFromObject({ matchExpressions, matchLabels }).matches(on)).to.equal(expected);
      }),
    );
  });

  it('say the same when they are written out and read again', () => {
    fc.assert(
      fc.property(fc.array(expression, { maxLength: 3 }), labels, (matchExpressions, on) => {
        const selector = selectorFromObject({ matchExpressions });
        const again = parseLabelSelector(selector.toString());
        expect(again.toString()).to.equal(selector.toString());
        expect(again.matches(on)).to.equal(selector.matches(on));
      }),
    );
  });

  it('of any text either match or are refused with a sentence', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        try {
          parseLabelSelector(text).matches({ a: 'b' });
        } catch (error) {
          expect(error).to.be.instanceOf(Error).with.property('message').that.is.not.equal('');
          expect(error).not.to.be.instanceOf(TypeError);
        }
      }),
    );
  });

  it('take time in proportion to their length', () => {
    const text = 'a in (' + 'x,'.repeat(50_000) + 'x)';
    const started = process.cpuUsage();
    parseLabelSelector(text);
    const { user } = process.cpuUsage(started);
    expect(user / 1000, 'milliseconds').to.be.below(2000);
  });
});

describe('field selectors in general', () => {
  const field = fc.constantFrom('metadata.name', 'spec.nodeName', 'status.phase');
  const text = fc.string({ maxLength: 8 });

  it('find what was escaped', () => {
    fc.assert(
      fc.property(field, text, text, (name, wanted, other) => {
        const escaped = wanted.replace(/[\\,=]/g, (c) => `\\${c}`);
        const selector = parseFieldSelector(`${name}=${escaped}`);
        expect(selector.matches((f) => (f === name ? wanted : ''))).to.equal(true);
        expect(selector.matches((f) => (f === name ? other : ''))).to.equal(other === wanted);
        expect(parseFieldSelector(`${name}!=${escaped}`).matches(() => other)).to.equal(other !== wanted);
      }),
    );
  });
});
