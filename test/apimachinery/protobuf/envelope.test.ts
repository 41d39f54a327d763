import { expect } from 'chai';
import { openEnvelope, sealEnvelope } from '../../../src/apimachinery/protobuf/envelope.ts';
import { WireError } from '../../../src/apimachinery/protobuf/wire-error.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('the envelope of a protobuf document', () => {
  const document = hex('6b387300 0a 09 0a 02 7631 12 03 506f64 12 03 010203 1a 00 22 00');

  it('tells the type and holds the message', () => {
    expect(sealEnvelope('v1', 'Pod', [hex('01'), hex('0203')])).to.deep.equal(document);
    expect(openEnvelope(document)).to.deep.equal({ apiVersion: 'v1', kind: 'Pod', raw: hex('010203') });
  });

  it('may leave both out', () => {
    expect(openEnvelope(hex('6b387300'))).to.deep.equal({ apiVersion: '', kind: '', raw: Buffer.alloc(0) });
  });

  for (const [what, bytes] of [
    ['nothing', ''],
    ['JSON', '7b7d'],
    ['another magic number', '6b387301'],
    ['a message that is cut off', '6b387300 12 05 01'],
    ['a content encoding', '6b387300 1a 04 677a6970'],
  ]) {
    it(`refuses ${what}`, () => expect(() => openEnvelope(hex(bytes!))).to.throw(WireError));
  }
});
