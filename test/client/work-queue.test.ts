import { expect } from 'chai';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { WorkQueue } from '../../src/client/work-queue.ts';

describe('work queue', () => {
  it('gives each key once, in the order of their first addition', async () => {
    const queue = new WorkQueue(new VirtualClock());
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(queue.length).to.equal(3);
    expect([await queue.take(), await queue.take(), await queue.take()]).to.deep.equal(['a', 'b', 'c']);
    expect(queue.length).to.equal(0);
  });

  it('never gives a key to two workers, and gives it again when it was added meanwhile', async () => {
    const queue = new WorkQueue(new VirtualClock());
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    const second = queue.take();
    let taken = false;
    void second.then(() => (taken = true));
    await new Promise(setImmediate);
    expect(taken).to.equal(false);
    queue.done('a');
    expect(await second).to.equal('a');
    queue.done('a');
    expect(queue.length).to.equal(0);
  });

  it('wakes waiting takers in turn', async () => {
    const queue = new WorkQueue(new VirtualClock());
    const takers = [queue.take(), queue.take()];
    queue.add('a');
    queue.add('b');
    expect(await Promise.all(takers)).to.deep.equal(['a', 'b']);
  });

  it('adds later; the shortest of several delays counts', async () => {
    const clock = new VirtualClock();
    const queue = new WorkQueue(clock);
    queue.addAfter('a', 1000);
    queue.addAfter('a', 500);
    queue.addAfter('a', 2000);
    await clock.advance(499);
    expect(queue.length).to.equal(0);
    await clock.advance(1);
    expect(queue.length).to.equal(1);
    await queue.take();
    queue.done('a');
    await clock.advance(5000);
    expect(queue.length).to.equal(0);
  });

  it('retries with growing delays until told to forget', async () => {
    const clock = new VirtualClock();
    const queue = new WorkQueue(clock);
    expect([queue.retry('a'), queue.retry('a'), queue.retry('a')]).to.deep.equal([5, 10, 20]);
    expect(queue.failures('a')).to.equal(3);
    for (let i = 0; i < 30; i++) queue.retry('a');
    expect(queue.retry('a')).to.equal(1_000_000);
    queue.forget('a');
    expect(queue.retry('a')).to.equal(5);
  });

  it('lets everybody go when it is closed, and takes nothing more', async () => {
    const clock = new VirtualClock();
    const queue = new WorkQueue(clock);
    const taker = queue.take();
    queue.addAfter('b', 10);
    queue.close();
    expect(await taker).to.equal(undefined);
    queue.add('c');
    await clock.advance(100);
    expect([queue.length, await queue.take()]).to.deep.equal([0, undefined]);
  });

  it('lets everybody else have a turn while many keys are worked on', async () => {
    const queue = new WorkQueue<number>(new VirtualClock());
    for (let key = 0; key < 100; key++) queue.add(key);
    let [done, turns] = [0, 0];
    const others = () => {
      turns++;
      if (done < 100) setImmediate(others);
    };
    setImmediate(others);
    for (; done < 100; done++) queue.done((await queue.take())!);
    expect(turns).to.be.greaterThan(3);
  });

  it('keeps its order and its speed with many keys', async () => {
    const queue = new WorkQueue<number>(new VirtualClock());
    for (let i = 0; i < 200_000; i++) queue.add(i);
    for (let i = 0; i < 200_000; i++) {
      const key = await queue.take();
      if (key !== i) expect(key).to.equal(i);
      queue.done(i);
    }
    expect(queue.length).to.equal(0);
  });
});
