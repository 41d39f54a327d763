import { expect } from 'chai';
import { decodeRange, encodeRange } from '../../src/storage/etcd-range.ts';
import { decodeWatch, encodeWatch } from '../../src/storage/etcd-watch-messages.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const [key, end] = [Buffer.from('k'), Buffer.from('l')];

describe('messages to etcd', () => {
  const cases: [what: string, written: Buffer, expected: string][] = [
    ['a read of one key', encodeRange({ key }), '0a016b'],
    ['a page at a revision', encodeRange({ key, end, limit: 3, revision: 300 }), '0a016b 12016c 1803 20ac02'],
    [
      'a count of what is at hand',
      encodeRange({ key, end, serializable: true, countOnly: true }),
      '0a016b 12016c 3801 4801',
    ],
    ['a watch from now on', encodeWatch({ key, end, previous: true, deletesOnly: false }), '0a08 0a016b 12016c 3001'],
    [
      'a watch of deletes from a revision',
      encodeWatch({ key, end, start: 5, previous: false, deletesOnly: true }),
      '0a0a 0a016b 12016c 1805 2800',
    ],
  ];
  for (const [what, written, expected] of cases) {
    it(`say ${what}`, () => expect(written.toString('hex')).to.equal(expected.replaceAll(' ', '')));
  }
});

describe('messages of etcd', () => {
  const kv = '0a016b 1003 1808 2002 2a0176';

  it('say what was read', () => {
    const answer = decodeRange(hex(`0a02 1809 120c ${kv} 1801 2007`));
    expect(answer).to.deep.equal({
      revision: 9,
      count: 7,
      kvs: [{ key, value: Buffer.from('v'), createRevision: 3, modRevision: 8 }],
    });
  });

  it('say what happened', () => {
    const answer = decodeWatch(hex(`0a02 1809 5a0e 120c ${kv} 5a17 0801 1205 0a016b 1809 1a0c ${kv}`));
    expect(answer).to.deep.include({ revision: 9, created: false, canceled: false });
    const state = { key, value: Buffer.from('v'), createRevision: 3, modRevision: 8 };
    expect(answer.events).to.deep.equal([
      { deleted: false, kv: state, previous: undefined },
      { deleted: true, kv: { key, value: Buffer.alloc(0), createRevision: 0, modRevision: 9 }, previous: state },
    ]);
  });

  it('say that a watch began, and why it ended', () => {
    expect(decodeWatch(hex('0a02 1809 1801'))).to.deep.include({ revision: 9, created: true, events: [] });
    expect(decodeWatch(hex('0a02 1809 2001 2804 32026e6f'))).to.deep.include({
      canceled: true,
      compactRevision: 4,
      cancelReason: 'no',
    });
  });

  it('that are cut off are refused', () => {
    expect(() => decodeRange(hex('0a05 1809'))).to.throw('cut off');
    expect(() => decodeWatch(hex('5a0e 120c 0a'))).to.throw('cut off');
  });
});
