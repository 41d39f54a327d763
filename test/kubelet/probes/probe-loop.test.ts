import { expect } from 'chai';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { ProbeLoop, type ProbeLoopOptions } from '../../../src/kubelet/probes/probe-loop.ts';

describe('ProbeLoop', () => {
  let clock: VirtualClock;
  let answers: (string | undefined)[];
  let asked: number;
  let verdicts: boolean[];

  beforeEach(() => {
    clock = new VirtualClock();
    answers = [];
    asked = 0;
    verdicts = [];
  });

  function start(probe: object, more: Partial<ProbeLoopOptions> = {}): ProbeLoop {
    return new ProbeLoop({
      ...{ probe, clock, startedAt: clock.now(), initially: undefined, due: () => true, onFailure: () => {} },
      check: async () => answers[Math.min(asked++, answers.length - 1)],
      onResult: (healthy) => verdicts.push(healthy),
      ...more,
    });
  }

  it('probes after the first delay, then at every period', async () => {
    answers = [undefined];
    const loop = start({ initialDelaySeconds: 5, periodSeconds: 2 });
    await clock.advance(4_900);
    expect(asked).to.equal(0);
    await clock.advance(4_200);
    expect(asked).to.equal(3);
    expect(loop.healthy).to.equal(true);
    loop.stop();
    await clock.advance(10_000);
    expect(asked).to.equal(3);
  });

  it('changes its mind only after as many equal answers as it should', async () => {
    answers = ['bad', 'bad', undefined, 'bad', 'bad', 'bad', undefined, undefined];
    const loop = start({ periodSeconds: 1, failureThreshold: 3, successThreshold: 2 });
    await clock.advance(5_500);
    expect(verdicts).to.deep.equal([false]);
    await clock.advance(2_000);
    expect(verdicts).to.deep.equal([false, true]);
    loop.stop();
  });

  it('does not ask before it is due', async () => {
    let due = false;
    answers = [undefined];
    const loop = start({ periodSeconds: 1 }, { due: () => due });
    await clock.advance(3_000);
    expect(asked).to.equal(0);
    due = true;
    await clock.advance(1_000);
    expect(asked).to.equal(1);
    loop.stop();
  });

  it('counts an answer that takes too long as a failure', async () => {
    const failures: string[] = [];
    const loop = start(
      { periodSeconds: 10, timeoutSeconds: 2, failureThreshold: 1 },
      {
        check: (signal) =>
          new Promise((resolve) => signal.addEventListener('abort', () => resolve((signal.reason as Error).message))),
        onFailure: (why) => failures.push(why),
      },
    );
    await clock.advance(3_000);
    expect(failures).to.deep.equal(['probe timed out after 2s']);
    expect(verdicts).to.deep.equal([false]);
    loop.stop();
  });
});
