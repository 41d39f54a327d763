import { expect } from 'chai';
import { Gate } from '../../src/base/gate.ts';

describe('Gate', () => {
  it('lets so many through at a time, in order', async () => {
    const gate = new Gate(2);
    const done: number[] = [];
    let inside = 0;
    let most = 0;
    const work = async (n: number) => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      done.push(n);
    };
    await Promise.all([1, 2, 3, 4, 5].map((n) => gate.pass(() => work(n))));
    expect(most).to.equal(2);
    expect(done).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it('gives the place back when the work fails, and tells when nobody is inside', async () => {
    const gate = new Gate(1);
    expect(gate.busy).to.equal(undefined);
    const failing = gate.pass(() => Promise.reject(new Error('no'))).catch((error) => error.message);
    const { busy } = gate;
    expect(busy).to.be.a('promise');
    expect(await gate.pass(async () => 'yes')).to.equal('yes');
    expect(await failing).to.equal('no');
    await busy;
    expect(gate.busy).to.equal(undefined);
  });
});
