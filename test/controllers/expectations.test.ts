import { expect } from 'chai';
import type { KubeObject } from '../../src/apimachinery/object.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Expectations } from '../../src/controllers/expectations.ts';

const object = (uid: string, meta: object = {}) => ({ metadata: { name: uid, uid, ...meta } }) as KubeObject;

describe('expectations', () => {
  const nothing = () => undefined;
  const all = (one: KubeObject) => one;

  it('wait for a creation until the copy has it', () => {
    const expectations = new Expectations(new VirtualClock());
    expectations.created('a', object('1'));
    expectations.created('a', object('2'));
    expect(expectations.pending('a', nothing)).to.equal(2);
    expect(expectations.pending('a', (one) => (one.metadata.uid === '1' ? one : undefined))).to.equal(1);
    expect(expectations.pending('a', () => object('another'))).to.equal(1);
    expect(expectations.pending('a', all)).to.equal(0);
    expect(expectations.pending('b', nothing)).to.equal(0);
  });

  it('do not wait for what was seen and is gone again', () => {
    const expectations = new Expectations(new VirtualClock());
    expectations.created('a', object('1'));
    expectations.seen('a', '1');
    expect(expectations.pending('a', nothing)).to.equal(0);
  });

  const deletions: [string, KubeObject | undefined, number][] = [
    ['still has it', object('1'), 1],
    ['shows that it is being deleted', object('1', { deletionTimestamp: 'x' }), 0],
    ['does not have it', undefined, 0],
    ['has another of the name', object('2'), 0],
  ];
  for (const [name, current, pending] of deletions) {
    it(`${pending ? 'wait' : 'do not wait'} for a deletion when the copy ${name}`, () => {
      const expectations = new Expectations(new VirtualClock());
      expectations.deleted('a', object('1'));
      expect(expectations.pending('a', () => current)).to.equal(pending);
    });
  }

  it('are given up after five minutes', async () => {
    const clock = new VirtualClock();
    const expectations = new Expectations(clock);
    expectations.created('a', object('1'));
    await clock.advance(299_000);
    expect(expectations.pending('a', nothing)).to.equal(1);
    await clock.advance(1000);
    expect(expectations.pending('a', nothing)).to.equal(0);
  });

  it('are forgotten with their key', () => {
    const expectations = new Expectations(new VirtualClock());
    expectations.created('a', object('1'));
    expectations.deleted('a', object('2'));
    expectations.forget('a');
    expect(expectations.pending('a', all)).to.equal(0);
  });
});
