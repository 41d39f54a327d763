import { expect } from 'chai';
import { groupPods } from '../../../src/controllers/horizontal-pod-autoscaler/pod-groups.ts';
import type { PodMetrics } from '../../../src/controllers/horizontal-pod-autoscaler/pod-metrics.ts';
import {
  replicasForAverage,
  replicasForShare,
  replicasForUtilization,
  replicasForValue,
} from '../../../src/controllers/horizontal-pod-autoscaler/replica-count.ts';
import { formatTime } from '../../../src/apimachinery/time.ts';
import { aPod, now } from '../objects.ts';

const tolerance = { up: 0.1, down: 0.1 };

/** What a pod is like, and what it uses (thousandths); without a number nobody knows. */
type Case = [state: 'ready' | 'unready' | 'pending' | 'failed' | 'going', usage?: number];

function podOf([state]: Case, i: number) {
  const phase = { pending: 'Pending', failed: 'Failed' }[state as string] ?? 'Running';
  const pod = aPod({ name: `p${i}`, phase, ready: state === 'ready' ? 3600 : undefined, deleting: state === 'going' });
  pod.status!.startTime = formatTime(now - (state === 'unready' ? 10_000 : 7200_000));
  return pod;
}

function measured(current: number, cases: Case[], resource = 'cpu') {
  const pods = cases.map(podOf);
  const metrics: PodMetrics = new Map();
  cases.forEach(([, usage], i) => {
    if (usage !== undefined) metrics.set(`p${i}`, { value: BigInt(usage), at: now, window: 60_000 });
  });
  return { current, metrics, tolerance, groups: groupPods(pods, metrics, resource, now) };
}

describe('autoscaler: replicas for utilization', () => {
  const r = (usage?: number): Case => ['ready', usage];
  /** Requests of 1000 each; current, target in percent, pods, then what comes out. */
  const table: [string, number, number, Case[], number, number][] = [
    ['grows with the load', 3, 30, [r(300), r(500), r(700)], 5, 50],
    ['shrinks with it', 5, 50, [r(100), r(300), r(500), r(250), r(250)], 3, 28],
    ['stays within the tolerance', 3, 100, [r(1010), r(1030), r(1020)], 3, 102],
    ['stays at the edge of the tolerance', 2, 100, [r(1100), r(1100)], 2, 110],
    ['leaves out those that are unready', 3, 30, [['unready', 900], r(500), r(700)], 4, 60],
    ['counts pending ones as idle when it grows', 3, 30, [r(300), r(500), ['pending']], 3, 40],
    ['ignores failed ones', 3, 30, [r(500), r(700), ['failed']], 4, 60],
    ['ignores those that go', 3, 30, [r(500), r(700), ['going', 999]], 4, 60],
    ['takes missing ones for idle when it grows', 4, 50, [r(1000), r(1000), r(1000), r()], 6, 100],
    ['takes missing ones for busy when it shrinks', 4, 50, [r(100), r(100), r(100), r()], 3, 10],
    ['takes missing ones for as busy as a target above 100', 4, 200, [r(1000), r(1000), r(1000), r()], 3, 100],
    ['does nothing when missing ones turn it round', 2, 50, [r(600), r()], 2, 60],
    ['does nothing with missing ones on target', 2, 50, [r(500), r()], 2, 50],
    ['never shrinks when it should grow', 5, 50, [r(600), r(700), r(), ['pending']], 5, 65],
    ['grows when all use far too much', 2, 10, [r(10_000), r(10_000)], 200, 1000],
  ];
  for (const [name, current, target, cases, replicas, utilization] of table) {
    it(name, () => {
      const requests = new Map(cases.map((_, i) => [`p${i}`, 1000n]));
      const counted = replicasForUtilization(measured(current, cases), target, requests);
      expect(counted).to.include({ replicas, utilization });
    });
  }

  it('is exact where numbers are not', () => {
    const huge = 9_007_199_254_740_993n;
    const metrics: PodMetrics = new Map([['p0', { value: huge, at: now, window: 60_000 }]]);
    const all = { ...measured(1, [r(1)]), metrics };
    expect(replicasForUtilization(all, 100, new Map([['p0', huge]]))).to.deep.equal({
      replicas: 1,
      utilization: 100,
      value: huge,
    });
  });

  it('does not count without any measured pod', () => {
    const none = () => replicasForUtilization(measured(1, [['pending']]), 50, new Map([['p0', 1n]]));
    expect(none).to.throw('did not receive metrics for any ready pods');
    const strange = () => replicasForUtilization(measured(1, [r(1)]), 50, new Map());
    expect(strange).to.throw('no metrics returned matched known pods');
  });

  it('has tolerances of its own for either direction', () => {
    const requests = new Map([['p0', 1000n]]);
    const up = { ...measured(1, [r(1300)]), tolerance: { up: 0.5, down: 0 } };
    expect(replicasForUtilization(up, 100, requests).replicas).to.equal(1);
    expect(replicasForUtilization({ ...up, tolerance: { up: 0.2, down: 0 } }, 100, requests).replicas).to.equal(2);
    const down = { ...measured(10, [r(900)]), tolerance: { up: 1, down: 0.05 } };
    expect(replicasForUtilization(down, 100, requests).replicas).to.equal(1);
    expect(replicasForUtilization({ ...down, tolerance: { up: 0, down: 0.2 } }, 100, requests).replicas).to.equal(10);
  });
});

describe('autoscaler: replicas for an average', () => {
  const r = (usage?: number): Case => ['ready', usage];
  const table: [string, number, number, Case[], number, bigint][] = [
    ['grows', 3, 15_000, [r(20_000), r(10_000), r(30_000)], 4, 20_000n],
    ['shrinks', 5, 20_000, [r(12_000), r(12_000), r(12_000), r(12_000), r(12_000)], 3, 12_000n],
    ['stays', 3, 20_000, [r(19_000), r(21_000), r(21_000)], 3, 20_333n],
    ['takes unready ones as they are', 2, 10_000, [r(10_000), ['unready', 30_000]], 4, 20_000n],
    ['takes missing ones to be on target when it shrinks', 3, 10_000, [r(1000), r(1000), r()], 2, 1000n],
    ['takes missing ones for idle when it grows', 3, 10_000, [r(30_000), r(30_000), r()], 6, 30_000n],
  ];
  for (const [name, current, target, cases, replicas, value] of table) {
    it(name, () => {
      const counted = replicasForAverage(measured(current, cases, ''), BigInt(target));
      expect(counted).to.deep.equal({ replicas, value });
    });
  }
});

describe('autoscaler: replicas for what is not of pods', () => {
  const byValue: [string, number, bigint, bigint, number, number][] = [
    ['grows by the ratio of ready pods', 3, 40_000n, 20_000n, 3, 6],
    ['counts only those that are ready', 3, 40_000n, 20_000n, 2, 4],
    ['stays within the tolerance', 3, 21_000n, 20_000n, 1, 3],
    ['wakes up from zero', 0, 1n, 20_000n, 0, 1],
    ['stays asleep without load', 0, 0n, 20_000n, 0, 0],
    ['goes to sleep', 2, 0n, 20_000n, 2, 0],
  ];
  for (const [name, current, value, target, ready, replicas] of byValue) {
    it(name, () => {
      expect(replicasForValue(current, value, target, tolerance, () => ready)).to.deep.equal({ replicas, value });
    });
  }

  const byShare: [string, number, bigint, bigint, number, bigint][] = [
    ['shares among as many as it takes', 5, 80_000n, 20_000n, 4, 16_000n],
    ['stays within the tolerance', 4, 81_000n, 20_000n, 4, 20_250n],
    ['begins with none', 0, 41_000n, 20_000n, 3, 41_000n],
    ['ends with none', 2, 0n, 20_000n, 0, 0n],
  ];
  for (const [name, current, sum, target, replicas, value] of byShare) {
    it(name, () => {
      expect(replicasForShare(current, sum, target, tolerance)).to.deep.equal({ replicas, value });
    });
  }
});
