import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  canonicalQuantity,
  compareQuantities,
  isQuantity,
  milliValue,
  parseQuantity,
  Quantity,
  quantityValue,
} from '../../src/apimachinery/quantity.ts';

describe('quantity', () => {
  const canonical: [string | number, string][] = [
    ['0', '0'],
    ['100m', '100m'],
    ['0.1', '100m'],
    ['1000m', '1'],
    ['1000', '1k'],
    ['1024', '1024'],
    ['1Ki', '1Ki'],
    ['1024Ki', '1Mi'],
    ['0.5Gi', '512Mi'],
    ['0.5Ki', '512'],
    ['1.1Gi', '1181116006400m'],
    ['1e3', '1e3'],
    ['1E3', '1e3'],
    ['1E', '1E'],
    ['+5', '5'],
    ['-1500m', '-1500m'],
    ['.5', '500m'],
    ['5.', '5'],
    ['0.0000000001', '1n'],
    ['-0.0000000001', '-1n'],
    ['1e-999999999', '1e-9'],
    ['1e999999999', '9223372036854775807'],
    ['99999999999999999999', '9223372036854775807'],
    [2, '2'],
    [0.5, '500m'],
    [1e21, '9223372036854775807'],
  ];
  for (const [input, text] of canonical) {
    it(`writes ${input} as ${text}`, () => expect(canonicalQuantity(input)).to.equal(text));
  }

  for (const text of ['', 'abc', '1.1.M', '1x', 'm', '1ki', '--1', '1 Gi', '1e', '0x10', '1Gi ', '1e1.5', '.', '1mm']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseQuantity(text)).to.throw(/quantit/);
      expect(isQuantity(text)).to.equal(false);
    });
  }

  it('compares across units', () => {
    expect(compareQuantities('1000m', 1)).to.equal(0);
    expect(compareQuantities('1Gi', '1G')).to.equal(1);
    expect(compareQuantities('-1', '1n')).to.equal(-1);
  });

  it('adds and subtracts in the format of the first operand', () => {
    expect(parseQuantity('1Gi').add(parseQuantity('512Mi')).toString()).to.equal('1536Mi');
    expect(parseQuantity('1').subtract(parseQuantity('250m')).toString()).to.equal('750m');
    expect(new Quantity(0n).add(parseQuantity('1Ki')).format).to.equal('BinarySI');
  });

  it('gives numbers rounded away from zero', () => {
    expect(milliValue('0.0001')).to.equal(1);
    expect(milliValue('1.5')).to.equal(1500);
    expect(quantityValue('1.5Ki')).to.equal(1536);
    expect(quantityValue('-1500m')).to.equal(-2);
    expect(quantityValue(undefined)).to.equal(0);
  });

  it('means the same after it was written and read again', () => {
    const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e2', 'E-3');
    const text = fc
      .tuple(fc.integer({ min: -99999, max: 99999 }), fc.nat(999), suffix)
      .map(([a, b, s]) => `${a}.${b}${s}`);
    fc.assert(
      fc.property(text, (t) => {
        const once = canonicalQuantity(t);
        return canonicalQuantity(once) === once && compareQuantities(once, t) === 0;
      }),
    );
  });

  it('takes no time over millions of digits', () => {
    const started = performance.now();
    expect(() => canonicalQuantity(`${'1'.repeat(1_000_000)}!`)).to.throw('quantities must match');
    expect(() => canonicalQuantity(`1.${'0'.repeat(1_000_000)}!`)).to.throw('quantities must match');
    canonicalQuantity(`0.${'3'.repeat(1_000_000)}Gi`);
    canonicalQuantity(`${'1'.repeat(1_000_000)}.${'3'.repeat(1_000_000)}`);
    expect(performance.now() - started).to.be.lessThan(1000);
  });
});
