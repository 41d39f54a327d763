import { expect } from 'chai';
import { decodeTxn, encodeTxn } from '../../src/storage/etcd-txn.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const key = Buffer.from('k');

describe('encodeTxn', () => {
  const cases: [string, Parameters<typeof encodeTxn>[0], string][] = [
    // compare{target=MOD, key, mod_revision}, success{put{key, value}}, failure{range{key}}
    [
      'a put of a new key',
      { key, expected: 0, value: Buffer.from('v') },
      '0a07 1002 1a016b 3000 1208 1206 0a016b 120176 1a05 0a03 0a016b',
    ],
    [
      'a put over revision 300',
      { key, expected: 300, value: Buffer.from('v') },
      '0a08 1002 1a016b 30ac02 1208 1206 0a016b 120176 1a05 0a03 0a016b',
    ],
    [
      'a put with a lease',
      { key, expected: 0, value: Buffer.from('v'), lease: 200 },
      '0a07 1002 1a016b 3000 120b 1209 0a016b 120176 18c801 1a05 0a03 0a016b',
    ],
    [
      'a large lease',
      { key, expected: 0, value: Buffer.from('v'), lease: 281474976710657 },
      '0a07 1002 1a016b 3000 1210 120e 0a016b 120176 18 81808080808040 1a05 0a03 0a016b',
    ],
    ['a delete', { key, expected: 5 }, '0a07 1002 1a016b 3005 1205 1a03 0a016b 1a05 0a03 0a016b'],
  ];
  for (const [what, write, bytes] of cases) {
    it(`writes ${what}`, () => {
      expect(encodeTxn(write).toString('hex')).to.equal(bytes.replaceAll(' ', ''));
    });
  }
});

describe('decodeTxn', () => {
  it('reads a write that was done', () => {
    // header{cluster_id, member_id, revision=7, raft_term}, succeeded, responses{put{header}}
    const answer = decodeTxn(hex('0a08 0801 1002 1807 2003 1001 1a06 1204 0a02 1807'));
    expect(answer).to.deep.equal({ revision: 7, succeeded: true, current: undefined });
  });

  it('reads what is there instead', () => {
    // header{revision=9}, responses{range{header, kvs{key, create_revision, mod_revision=8, version, value}, count}}
    const answer = decodeTxn(hex('0a02 1809 1a16 0a14 0a02 1809 120c 0a016b 1003 1808 2002 2a0176 2001'));
    expect(answer.revision).to.equal(9);
    expect(answer.succeeded).to.equal(false);
    expect(answer.current).to.deep.equal({ key, value: Buffer.from('v'), createRevision: 3, modRevision: 8 });
  });

  it('reads that there is nothing', () => {
    expect(decodeTxn(hex('0a02 1809 1a06 0a04 0a02 1809'))).to.deep.equal({
      revision: 9,
      succeeded: false,
      current: undefined,
    });
  });

  it('refuses bytes that are cut off', () => {
    expect(() => decodeTxn(hex('0a02 18'))).to.throw('cut off');
  });
});
