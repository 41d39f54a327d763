import { decode } from 'dns-packet';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { recordType } from '../../src/dns/wire/constants.ts';
import { isWritable, labelsOf, MalformedMessage, readName } from '../../src/dns/wire/name.ts';
import { readQuery, type Query } from '../../src/dns/wire/query.ts';
import { addressRecord, nameRecord, serviceRecord } from '../../src/dns/wire/record.ts';
import { readReply, writeQuery } from '../../src/dns/wire/reply.ts';
import { writeResponse } from '../../src/dns/wire/response.ts';

const ask = (name: string, edns = false) => readQuery(writeQuery(7, name, recordType.A, { edns })) as Query;
const found = { rcode: 0, authoritative: true, answers: [], authority: [], additional: [] };
const name = 'web.shop.svc.cluster.local';

describe('readName', () => {
  const at =
    (bytes: number[], from = 0) =>
    () =>
      readName(Buffer.from(bytes), from);

  it('reads labels, pointers, and dots that are part of a label', () => {
    expect(at([1, 97, 3, 98, 46, 99, 0])()).to.deep.equal({ name: 'a.b\\.c', next: 7 });
    expect(at([1, 97, 0, 1, 98, 0xc0, 0], 3)()).to.deep.equal({ name: 'b.a', next: 7 });
    expect(labelsOf('a.b\\.c')).to.deep.equal(['a', 'b.c']);
  });

  const pointerToTheOneBefore = (i: number) => (i === 0 ? [0xc0, 0] : [0xc0 | ((i * 2 - 1) >> 8), (i * 2 - 1) & 255]);
  const wrong: [string, number[], number][] = [
    ['no end', [3, 97, 98], 0],
    ['a pointer to itself', [0xc0, 0], 0],
    ['a pointer forward', [0xc0, 5, 0, 0, 0, 0], 0],
    ['a circle of pointers', [0xc0, 2, 0xc0, 0], 2],
    ['a label with reserved bits', [0x41, 97, 0], 0],
    ['half a pointer', [0xc0], 0],
    ['pointers to pointers for long', [0, ...[...Array(150).keys()].flatMap(pointerToTheOneBefore)], 299],
    ['more than 255 bytes', [...Array(5)].flatMap(() => [63, ...Array(63).fill(97)]).concat(0), 0],
  ];
  for (const [title, bytes, from] of wrong)
    it(`refuses ${title}`, () => expect(at(bytes, from)).to.throw(MalformedMessage));

  it('knows what can be written', () => {
    expect(isWritable('a'.repeat(63))).to.equal(true);
    for (const bad of ['a'.repeat(64), 'a..b', `${'abc.'.repeat(63)}abcd`])
      expect(isWritable(bad), bad).to.equal(false);
  });
});

describe('readQuery', () => {
  const plain = writeQuery(7, name, recordType.A, { edns: true });
  const changed = (change: (message: Buffer) => void) => {
    const message = Buffer.from(plain);
    change(message);
    return readQuery(message);
  };

  it('reads what is asked and what EDNS says', () => {
    const read = changed((m) => (m[plain.length - 4] = 0x80)) as Query;
    expect(read).to.deep.include({ id: 7, name, type: 1, class: 1, flags: 0x0100 });
    expect(read.edns).to.deep.equal({ size: 1232, version: 0, dnssecOk: true });
  });

  it('says nothing to answers and to less than a header', () => {
    expect(changed((m) => (m[2]! |= 0x80))).to.equal(undefined);
    expect(readQuery(plain.subarray(0, 11))).to.equal(undefined);
  });

  it('does not know other operations', () => {
    for (const opcode of [1, 2, 4, 5, 15])
      expect(changed((m) => (m[2]! |= opcode << 3))).to.deep.include({ fault: 4, flags: 0x0100 | (opcode << 11) });
  });

  const faults: [string, (message: Buffer) => void][] = [
    ['no question', (m) => m.writeUInt16BE(0, 4)],
    ['two questions', (m) => m.writeUInt16BE(2, 4)],
    ['more records than there are', (m) => m.writeUInt16BE(2, 10)],
    ['EDNS that is no additional record', (m) => (m.writeUInt16BE(1, 8), m.writeUInt16BE(0, 10))],
    ['data beyond the end', (m) => m.writeUInt16BE(99, plain.length - 2)],
  ];
  for (const [title, change] of faults)
    it(`finds fault with ${title}`, () => expect(changed(change)).to.deep.include({ fault: 1 }));

  it('finds fault with EDNS twice', () => {
    const twice = Buffer.concat([plain, plain.subarray(plain.length - 11)]);
    twice.writeUInt16BE(2, 10);
    expect(readQuery(twice)).to.deep.include({ fault: 1 });
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void readQuery(Buffer.from(bytes))));
    fc.assert(
      fc.property(fc.nat(plain.length - 1), fc.nat(255), fc.nat(plain.length), (i, value, end) => {
        changed((m) => (m[i] = value));
        readQuery(plain.subarray(0, end));
      }),
    );
  });
});

describe('writeResponse', () => {
  const answers = (count: number) =>
    [...Array(count).keys()].map((i) => addressRecord(name, 30, `10.0.${i >> 8}.${i & 255}`));

  it('repeats the case of the question and shortens names', () => {
    const asked = 'wEb.SHOP.svc.cluster.local';
    const { bytes } = writeResponse(ask(asked), { ...found, answers: answers(2) }, 512);
    expect(decode(bytes).answers!.map((a) => a.name)).to.deep.equal([asked, asked]);
    expect(bytes.length).to.equal(12 + asked.length + 2 + 4 + 2 * 16);
  });

  it('leaves out whole records and says so when there is no room', () => {
    const { bytes, rotates } = writeResponse(ask(name), { ...found, answers: answers(100) }, 512);
    const message: any = decode(bytes);
    expect(bytes.length).to.be.at.most(512);
    expect(message.flag_tc).to.equal(true);
    expect(message.answers).to.have.length(29);
    expect(rotates).to.include({ count: 29, size: 16 });
  });

  it('keeps room for EDNS', () => {
    const { bytes } = writeResponse(ask(name, true), { ...found, answers: answers(100) }, 512);
    const message: any = decode(bytes);
    expect(bytes.length).to.be.at.most(512);
    expect(message.additionals[0]).to.include({ type: 'OPT', udpPayloadSize: 1232 });
  });

  it('leaves out additional records without a word', () => {
    const host = 'a-host-somewhere-else.example.com';
    const srv = serviceRecord(name, 30, { priority: 0, weight: 1, port: 80, target: host });
    const additional = answers(100).map((r) => ({ ...r, name: host }));
    const message: any = decode(writeResponse(ask(name), { ...found, answers: [srv], additional }, 512).bytes);
    expect(message.flag_tc).to.equal(false);
    expect(message.answers[0].data.target).to.equal(host);
    expect(message.additionals.length).to.be.within(20, 99);
  });

  it('writes what it can read', () => {
    const label = fc.string({
      minLength: 1,
      maxLength: 12,
      unit: fc.integer({ min: 33, max: 126 }).map((c) => String.fromCharCode(c)),
    });
    const anyName = fc
      .array(label, { maxLength: 6 })
      .map((labels) => labels.map((l) => l.replace(/[.\\]/g, '\\$&')).join('.'));
    fc.assert(
      fc.property(anyName, fc.array(anyName, { maxLength: 20 }), (asked, targets) => {
        const records = targets.map((target, i) => nameRecord(targets[i - 1] ?? asked, recordType.CNAME, 5, target));
        const read = readReply(writeResponse(ask(asked), { ...found, answers: records }, 65_535).bytes);
        const small = (list: readonly object[]) => JSON.stringify(list).toLowerCase();
        expect(small(read.answers)).to.equal(small(records));
      }),
    );
  });
});

describe('readReply', () => {
  it('throws nothing but that the message is malformed', () => {
    const whole = writeResponse(ask(name, true), { ...found, answers: [addressRecord(name, 30, '::1')] }, 512).bytes;
    const read = (bytes: Buffer) => {
      try {
        readReply(bytes);
      } catch (error) {
        expect(error).to.be.instanceOf(MalformedMessage);
      }
    };
    for (let end = 0; end < whole.length; end++) read(whole.subarray(0, end));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => read(Buffer.concat([whole.subarray(0, 12), bytes]))),
    );
  });
});
