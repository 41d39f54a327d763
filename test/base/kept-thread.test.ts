import { expect } from 'chai';
import { realClock } from '../../src/base/clock.ts';
import { KeptThread, threadModule } from '../../src/base/kept-thread.ts';
import { noLog } from '../../src/base/log.ts';

/** Says how it was started, repeats what it hears, dies of `die`, and ends by `end`; `deaf` makes it hear nothing else. */
const module = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort, workerData } from 'node:worker_threads';
    let deaf = false;
    parentPort.on('message', (message) => {
      if (deaf) return;
      if (message === 'die') throw new Error('it was told to');
      if (message === 'deaf') deaf = true;
      parentPort.postMessage(message);
      if (message === 'end') parentPort.close();
    });
    parentPort.postMessage(workerData);
  `)}`,
);

class Kept {
  readonly said: string[] = [];
  #count = 0;
  #waiting: (() => void) | undefined;
  readonly thread = new KeptThread<string, string>({
    ...{ module, memory: { old: 32, young: 4 }, clock: realClock, log: noLog },
    data: () => `started ${++this.#count}`,
    begun: () => this.thread.post('first'),
    died: () => this.#hear('died'),
    heard: (message) => this.#hear(message),
  });

  #hear(message: string): void {
    this.said.push(message);
    this.#waiting?.();
  }

  /** Resolves when so much has been said. */
  async until(count: number): Promise<string[]> {
    while (this.said.length < count) await new Promise<void>((resolve) => (this.#waiting = resolve));
    return this.said;
  }
}

describe('KeptThread', () => {
  it('replaces a thread that dies, and tells the new one what it has to know', async () => {
    const kept = new Kept();
    kept.thread.start();
    await kept.until(2);
    kept.thread.post('die');
    expect(await kept.until(5)).to.deep.equal(['started 1', 'first', 'died', 'started 2', 'first']);
    await kept.thread.stop('end', 60_000);
    expect([kept.said.at(-1), kept.thread.running]).to.deep.equal(['end', false]);
  });

  it('stops while no thread runs', async () => {
    const kept = new Kept();
    kept.thread.start();
    kept.thread.post('die');
    while (kept.said.at(-1) !== 'died') await kept.until(kept.said.length + 1);
    expect(kept.thread.running).to.equal(false);
    await kept.thread.stop('end', 60_000);
    expect(kept.said.at(-1)).to.equal('died');
  });

  it('ends a thread that does not listen', async () => {
    const kept = new Kept();
    kept.thread.start();
    kept.thread.post('deaf');
    await kept.until(3);
    await Promise.all([kept.thread.stop('end', 10), kept.thread.stop('end', 10)]);
    expect([kept.thread.running, kept.said]).to.deep.equal([false, ['started 1', 'first', 'deaf']]);
  });

  it('runs the module beside another one', () => {
    expect(threadModule('file:///a/b.ts', 'c').href).to.equal('file:///a/c.ts');
    expect(threadModule('file:///a/b.js', 'c').href).to.equal('file:///a/c.js');
  });
});
