import { expect } from 'chai';
import { WireError } from '../../../src/apimachinery/protobuf/wire-error.ts';
import { WireReader } from '../../../src/apimachinery/protobuf/wire-reader.ts';
import { WireWriter } from '../../../src/apimachinery/protobuf/wire-writer.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('the protobuf wire format', () => {
  const integers: [number, string][] = [
    [0, '00'],
    [1, '01'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [2 ** 31, '8080808008'],
    [2 ** 49 - 1, 'ffffffffffff7f'],
    [2 ** 49, '8080808080808001'],
    [2 ** 53 - 1, 'ffffffffffffff0f'],
    [-1, 'ffffffffffffffffff01'],
    [-(2 ** 53 - 1), '818080808080 80f0ff01'],
  ];
  for (const [value, bytes] of integers) {
    it(`has ${value} as ${bytes}`, () => {
      const writer = new WireWriter();
      writer.integer(value);
      expect(writer.take()).to.deep.equal(hex(bytes));
      expect(new WireReader(hex(bytes)).integer()).to.equal(value);
    });
  }

  it('writes from the end, and grows', () => {
    const writer = new WireWriter();
    const texts = Array.from({ length: 3000 }, (_, i) => 'hé'.repeat(i % 50));
    for (const text of texts.toReversed()) writer.text(text);
    const reader = new WireReader(writer.take());
    const read: string[] = [];
    while (!reader.done) read.push(reader.text());
    expect(read).to.deep.equal(texts);
    expect(writer.size).to.equal(0);
  });

  it('reads a part up to its end and goes on behind it', () => {
    const reader = new WireReader(hex('02 0102 03'));
    const inner = reader.within(() => [reader.integer(), reader.integer(), reader.done]);
    expect(inner).to.deep.equal([1, 2, true]);
    expect(reader.integer()).to.equal(3);
    expect(reader.done).to.equal(true);
  });

  it('skips every kind of field', () => {
    const reader = new WireReader(hex('8001 0000000000000000 02ffff 00000000 07'));
    for (const type of [0, 1, 2, 5]) reader.skip(type);
    expect(reader.integer()).to.equal(7);
  });

  const faults: [string, string, (reader: WireReader) => unknown][] = [
    ['a number that is cut off', '80', (r) => r.integer()],
    ['a number of more than ten bytes', '8080808080808080808001', (r) => r.integer()],
    ['a number that JavaScript cannot hold', '80808080808080 10', (r) => r.integer()],
    ['a text that is cut off', '0561', (r) => r.text()],
    ['a part of negative length', 'ffffffffffffffffff01', (r) => r.bytes()],
    ['a part that is longer than the one around it', '02 0561', (r) => r.within(() => r.text())],
    ['a double that is cut off', '00', (r) => r.double()],
    ['the field number 0', '02', (r) => r.tag()],
    ['a group', '', (r) => r.skip(3)],
  ];
  for (const [what, bytes, read] of faults) {
    it(`refuses ${what}`, () => expect(() => read(new WireReader(hex(bytes)))).to.throw(WireError));
  }
});
