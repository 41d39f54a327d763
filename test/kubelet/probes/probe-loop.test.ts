import { expect } from 'chai';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import type { ProbeOutcome } from '../../../src/kubelet/probes/probe.ts';
import { ProbeLoop, type ProbeLoopOptions } from '../../../src/kubelet/probes/probe-loop.ts';

function outcomeOf(why: string | undefined): ProbeOutcome {
  if (why === 'cannot') return { result: 'unknown', text: why };
  return why === undefined ? { result: 'success', text: '' } : { result: 'failure', text: why };
}

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
      ...{ probe, clock, startedAt: clock.now(), initially: undefined, due: () => true, onOutcome: () => {} },
      check: async () => outcomeOf(answers[Math.min(asked++, answers.length - 1)]),
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

  it('does not count a probe that could not be made', async () => {
    answers = ['bad', 'cannot', 'bad', undefined];
    const loop = start({ periodSeconds: 1, failureThreshold: 2 });
    await clock.advance(1_500);
    expect(verdicts).to.deep.equal([]);
    await clock.advance(1_000);
    expect(verdicts).to.deep.equal([false]);
    loop.stop();
  });

  it('asks no more when the container is to be ended', async () => {
    answers = ['bad', 'bad', undefined];
    const loop = start({ periodSeconds: 1, failureThreshold: 2 }, { fatal: true });
    await clock.advance(9_000);
    expect(asked).to.equal(2);
    expect(loop.healthy).to.equal(false);
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
          new Promise((resolve) =>
            signal.addEventListener('abort', () => resolve(outcomeOf((signal.reason as Error).message))),
          ),
        onOutcome: ({ text }) => failures.push(text),
      },
    );
    await clock.advance(3_000);
    expect(failures).to.deep.equal(['probe timed out after 2s']);
    expect(verdicts).to.deep.equal([false]);
    loop.stop();
  });
});
