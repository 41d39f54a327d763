import { expect } from 'chai';
import { slowStart } from '../../src/controllers/slow-start.ts';

describe('slow start', () => {
  /** Runs `count` tasks of which those numbered in `failing` (from 0) fail; also tells how many ran at once. */
  async function run(count: number, failing: readonly number[] = []) {
    let started = 0;
    let running = 0;
    const batches: number[] = [];
    const result = await slowStart(count, async () => {
      const number = started++;
      if (running++ === 0) batches.push(0);
      batches[batches.length - 1]!++;
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (failing.includes(number)) throw new Error(`task ${number}`);
      return number;
    });
    return { ...result, batches };
  }

  it('doubles its batches', async () => {
    const { batches, done, skipped, error } = await run(12);
    expect(batches).to.deep.equal([1, 2, 4, 5]);
    expect([done.length, skipped, error]).to.deep.equal([12, 0, undefined]);
  });

  it('does nothing for nothing', async () => {
    expect(await run(0)).to.deep.equal({ done: [], skipped: 0, batches: [] });
  });

  it('stops after the batch in which something fails', async () => {
    const { batches, done, skipped, error } = await run(100, [2]);
    expect(batches).to.deep.equal([1, 2]);
    expect(done).to.deep.equal([0, 1]);
    expect(skipped).to.equal(97);
    expect((error as Error).message).to.equal('task 2');
  });
});
