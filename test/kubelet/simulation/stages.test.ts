import { expect } from 'chai';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { durationOf, failureOf, pullTime, stagesOf, usageOf } from '../../../src/kubelet/simulation/stages.ts';

function podWith(annotations: Record<string, string>): Pod {
  const said = Object.entries(annotations).map(([key, value]) => [`simulate.coxswain.io/${key}`, value]);
  const metadata = { name: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  const containers = [
    { name: 'main', image: 'web' },
    { name: 'side', image: 'side:1' },
  ];
  const spec = { containers };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, annotations: Object.fromEntries(said) }, spec };
}

describe('stages of simulated pods', () => {
  for (const [text, ms] of [
    ['5', 5_000],
    ['0.25', 250],
    ['250ms', 250],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['', undefined],
    ['soon', undefined],
    ['-1s', undefined],
    [undefined, undefined],
  ] as const) {
    it(`${text} is ${ms} ms`, () => {
      expect(durationOf(text)).to.equal(ms);
    });
  }

  it('are those of the command when nothing is said', () => {
    const { runsFor, exitCode, output, startsIn } = stagesOf(podWith({}), 'main', [
      'sh',
      '-c',
      'echo hi; sleep 2; exit 4',
    ]);
    expect({ runsFor, exitCode, output, startsIn }).to.deep.equal({
      ...{ runsFor: 2_000, exitCode: 4, output: 'hi\n', startsIn: 0 },
    });
    expect(stagesOf(undefined, 'main', ['nginx']).runsFor).to.equal(undefined);
  });

  it('are those of the annotations, and of one container before those of all', () => {
    const pod = podWith({ start: '1s', run: '1m', 'run.side': '2s', 'exit-code.side': '3', stop: '5s', log: 'well' });
    expect(stagesOf(pod, 'main', ['false'])).to.deep.include({ startsIn: 1_000, runsFor: 60_000, exitCode: 1 });
    expect(stagesOf(pod, 'side', ['true'])).to.deep.include({ runsFor: 2_000, exitCode: 3, stopsIn: 5_000 });
    expect(stagesOf(pod, 'side', []).output).to.equal('well\n');
  });

  it('end at once when only how they end is said', () => {
    expect(stagesOf(podWith({ 'exit-code': '7' }), 'main', [])).to.deep.include({ runsFor: 0, exitCode: 7 });
  });

  it('take the longest time to pull that a pod gives an image', () => {
    const pods = [podWith({ pull: '1s' }), podWith({ pull: '5s', 'pull.side': '9s' }), podWith({})];
    expect(pullTime(pods, 'web:latest')).to.equal(5_000);
    expect(pullTime(pods, 'side:1')).to.equal(9_000);
    expect(pullTime(pods, 'other')).to.equal(0);
  });

  it('use what is said, and otherwise what the runtime thinks of', () => {
    const pod = podWith({ cpu: '250m', 'memory.side': '64Mi', 'cpu.side': 'much' });
    expect(usageOf(pod, 'main')).to.deep.equal({ cpu: 250_000_000 });
    expect(usageOf(pod, 'side')).to.deep.equal({ memory: 64 * 2 ** 20 });
  });

  it('let the probes fail that are named', () => {
    const pod = podWith({ fails: 'readiness, startup', 'fails.side': 'liveness' });
    const failing = (container: string) =>
      ['startup', 'liveness', 'readiness'].filter((probe) => failureOf(pod, container, probe));
    expect(failing('main')).to.deep.equal(['startup', 'readiness']);
    expect(failing('side')).to.deep.equal(['liveness']);
  });
});
