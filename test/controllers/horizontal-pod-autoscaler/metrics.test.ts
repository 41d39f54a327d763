import { expect } from 'chai';
import { formatTime } from '../../../src/apimachinery/time.ts';
import { combine } from '../../../src/controllers/horizontal-pod-autoscaler/decide.ts';
import { groupPods } from '../../../src/controllers/horizontal-pod-autoscaler/pod-groups.ts';
import {
  containerUsage,
  customValues,
  milliOf,
  podUsage,
} from '../../../src/controllers/horizontal-pod-autoscaler/pod-metrics.ts';
import { podRequests } from '../../../src/controllers/horizontal-pod-autoscaler/pod-requests.ts';
import { MetricError } from '../../../src/controllers/horizontal-pod-autoscaler/propose.ts';
import { milliText } from '../../../src/controllers/horizontal-pod-autoscaler/milli-text.ts';
import { selectorText } from '../../../src/controllers/selector-text.ts';
import { aPod, now } from '../objects.ts';

describe('autoscaler: measured usage', () => {
  const timestamp = formatTime(now);
  const usage = (name: string, ...cpu: (string | undefined)[]) => ({
    metadata: { name, namespace: 'default' },
    timestamp,
    window: '1m30s',
    containers: cpu.map((one, i) => ({
      name: `c${i}`,
      usage: (one === undefined ? {} : { cpu: one }) as Record<string, string>,
    })),
  });

  it('is in thousandths, what is finer rounded up', () => {
    const table: [string, bigint][] = [
      ['1', 1000n],
      ['12345n', 1n],
      ['1500m', 1500n],
      ['-1u', -1n],
      ['1Ki', 1_024_000n],
    ];
    for (const [text, milli] of table) expect(milliOf(text), text).to.equal(milli);
  });

  it('is the sum of the containers of a pod, if all are known', () => {
    const found = podUsage([usage('a', '100m', '1'), usage('b', '1', undefined), usage('c')], 'cpu');
    expect([...found]).to.deep.equal([['a', { value: 1100n, at: now, window: 90_000 }]]);
  });

  it('is that of the container of a name', () => {
    const found = containerUsage([usage('a', '100m', '1'), usage('b', '1', undefined)], 'cpu', 'c1');
    expect([...found].map(([name, { value }]) => [name, value])).to.deep.equal([['a', 1000n]]);
    const missing = () => containerUsage([usage('a', '1')], 'cpu', 'c1');
    expect(missing).to.throw('container c1 not present in metrics for pod default/a');
  });

  it('of a custom metric is read in every version', () => {
    const about = (name: string) => ({ describedObject: { name }, timestamp, value: '2500m' });
    const found = customValues([{ ...about('a'), windowSeconds: 30 }, { ...about('b'), window: 40 }, about('c')]);
    expect([...found.values()].map(({ window }) => window)).to.deep.equal([30_000, 40_000, 60_000]);
    expect(found.get('a')?.value).to.equal(2500n);
  });
});

describe('autoscaler: what pods ask for', () => {
  const container = (name: string, cpu?: string) => ({ name, image: 'i', resources: cpu ? { requests: { cpu } } : {} });
  const pod = (spec: object) => aPod({ name: 'p', spec });

  it('counts containers and sidecars, but not what ends before', () => {
    const initContainers = [container('init'), { ...container('sidecar', '100m'), restartPolicy: 'Always' }];
    const one = pod({ containers: [container('a', '1'), container('b', '500m')], initContainers });
    expect([...podRequests([one], 'cpu')]).to.deep.equal([['p', 1600n]]);
    expect(podRequests([one], 'cpu', 'b').get('p')).to.equal(500n);
  });

  it('takes what the pod asks for as a whole', () => {
    const one = pod({ containers: [container('a')], resources: { requests: { cpu: '3' } } });
    expect(podRequests([one], 'cpu').get('p')).to.equal(3000n);
  });

  it('says who asks for nothing', () => {
    const none = () => podRequests([pod({ containers: [container('a', '1'), container('b')] })], 'cpu');
    expect(none).to.throw('missing request for cpu in container b of Pod p');
  });
});

describe('autoscaler: whether a pod counts', () => {
  /** Seconds ago: the start, the change of readiness, the measurement. */
  const table: [string, number | undefined, boolean, number, number, string, 'ready' | 'unready'][] = [
    ['ready for long', 7200, true, 7000, 10, 'cpu', 'ready'],
    ['ready in its first minutes, measured since', 200, true, 120, 10, 'cpu', 'ready'],
    ['ready in its first minutes, measured before', 200, true, 50, 10, 'cpu', 'unready'],
    ['unready in its first minutes', 200, false, 120, 10, 'cpu', 'unready'],
    ['unready after having been ready', 7200, false, 600, 10, 'cpu', 'ready'],
    ['never ready', 7200, false, 7190, 10, 'cpu', 'unready'],
    ['without a start', undefined, true, 600, 10, 'cpu', 'unready'],
    ['unready, by its memory', 200, false, 120, 10, 'memory', 'ready'],
  ];
  for (const [name, start, ready, changed, measured, resource, group] of table) {
    it(name, () => {
      const one = aPod({ name: 'p' });
      one.status!.startTime = start === undefined ? undefined : formatTime(now - start * 1000);
      const lastTransitionTime = formatTime(now - changed * 1000);
      one.status!.conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }];
      const metrics = new Map([['p', { value: 1n, at: now - measured * 1000, window: 60_000 }]]);
      const groups = groupPods([one], metrics, resource, now);
      expect(groups.ready === 1 ? 'ready' : groups.unready.has('p') ? 'unready' : 'neither').to.equal(group);
    });
  }
});

describe('autoscaler: several metrics', () => {
  const good = (replicas: number) => ({ replicas, name: `m${replicas}`, status: { type: 'Resource' } });
  const bad = new MetricError('FailedGetPodsMetric', 'it is gone', 'failed to get pods metric value: it is gone');

  it('agree on the highest', () => {
    const found = combine([good(3), good(7), good(5)], 4);
    expect(found.best?.name).to.equal('m7');
    expect(found.active).to.deep.equal({
      status: 'True',
      reason: 'ValidMetricFound',
      message: 'the HPA was able to successfully calculate a replica count from m7',
    });
  });

  it('may grow when one fails, but not shrink', () => {
    expect(combine([bad, good(7)], 4).best?.replicas).to.equal(7);
    const kept = combine([bad, good(3)], 4);
    expect(kept.best).to.equal(undefined);
    expect(kept.metrics).to.deep.equal([{ type: '' }, { type: 'Resource' }]);
    expect(kept.active).to.deep.equal({
      status: 'False',
      reason: 'FailedGetPodsMetric',
      message: 'the HPA was unable to compute the replica count: it is gone',
    });
    expect(kept.failed).to.equal(
      'invalid metrics (1 invalid out of 2), first error is: failed to get pods metric value: it is gone',
    );
  });
});

describe('autoscaler: texts', () => {
  it('writes thousandths as quantities', () => {
    for (const [milli, text] of [
      [250n, '250m'],
      [2000n, '2'],
      [0n, '0'],
      [1_500_000n, '1500'],
    ] as const) {
      expect(milliText(milli)).to.equal(text);
    }
  });

  it('writes selectors as Go does', () => {
    expect(selectorText(undefined)).to.equal('nil');
    expect(selectorText({ matchLabels: { queue: 'b', a: 'x' } })).to.equal(
      '&LabelSelector{MatchLabels:map[string]string{a: x,queue: b,},MatchExpressions:[]LabelSelectorRequirement{},}',
    );
    const matchExpressions = [{ key: 'k', operator: 'In', values: ['a', 'b'] }];
    expect(selectorText({ matchExpressions })).to.equal(
      '&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[a b],},},}',
    );
  });
});
