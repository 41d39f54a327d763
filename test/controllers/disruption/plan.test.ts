import { expect } from 'chai';
import type { PodDisruptionBudget } from '../../../src/api/policy-v1/pod-disruption-budget.ts';
import { formatTime } from '../../../src/apimachinery/time.ts';
import { failedStatus, needOf, planBudget } from '../../../src/controllers/disruption/plan.ts';
import { staleIn, withoutDisruption } from '../../../src/controllers/disruption/stale-condition.ts';
import { aPod, metadata, now } from '../objects.ts';

const aBudget = (spec: object, status: object = {}): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: metadata('b', { generation: 3 }),
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  status: status,
});

const owned = (uid: string) => ({
  meta: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: uid, uid, controller: true }] },
});

describe('disruption: need', () => {
  const scales = new Map([
    ['a', 10],
    ['b', 3],
  ]);
  const ofA = [aPod(owned('a')), aPod(owned('a'))];
  const ofBoth = [...ofA, aPod(owned('b'))];
  const cases: [string, object, ReturnType<typeof aPod>[], number, number][] = [
    ['a number is taken as it is, whatever there is', { minAvailable: 4 }, ofA, 2, 4],
    ['a share is of what the owners want', { minAvailable: '50%' }, ofA, 10, 5],
    ['a share is rounded up', { minAvailable: '50%' }, ofBoth, 13, 7],
    ['so many may be away', { maxUnavailable: 3 }, ofBoth, 13, 10],
    ['a share that may be away is rounded up', { maxUnavailable: '25%' }, ofBoth, 13, 9],
    ['more away than there are is none needed', { maxUnavailable: 20 }, ofA, 10, 0],
    ['pods that nobody controls count for nothing', { maxUnavailable: 1 }, [aPod()], 0, 0],
    ['nothing said is nothing needed', {}, ofA, 0, 0],
  ];
  for (const [name, spec, pods, expected, healthy] of cases) {
    it(name, () => expect(needOf(aBudget(spec), pods, scales)).to.deep.equal({ expected, healthy }));
  }
});

describe('disruption: plan', () => {
  const healthy = () => aPod({ ready: 5 });
  const cases: [string, ReturnType<typeof aPod>[], number, number, [number, number]][] = [
    ['what is healthy beyond the need may go', [healthy(), healthy(), healthy()], 3, 2, [3, 1]],
    ['pods that are not ready do not count', [healthy(), aPod()], 2, 1, [1, 0]],
    ['pods that are being deleted do not count', [healthy(), aPod({ ready: 5, deleting: true })], 2, 1, [1, 0]],
    ['too few allow nothing', [healthy()], 3, 2, [1, 0]],
    ['where none is expected none may go', [healthy(), healthy()], 0, 0, [2, 0]],
  ];
  for (const [name, pods, expected, need, [current, allowed]] of cases) {
    it(name, () => {
      const { status } = planBudget(aBudget({}), pods, { expected, healthy: need }, now);
      expect(status).to.deep.include({
        currentHealthy: current,
        desiredHealthy: need,
        expectedPods: expected,
        disruptionsAllowed: allowed,
        observedGeneration: 3,
      });
      const [condition] = status.conditions!;
      expect(condition).to.deep.equal({
        type: 'DisruptionAllowed',
        status: allowed ? 'True' : 'False',
        reason: allowed ? 'SufficientPods' : 'InsufficientPods',
        message: '',
        observedGeneration: 3,
        lastTransitionTime: formatTime(now),
      });
    });
  }

  it('does not count pods whose eviction is under way, and looks again when it should be over', () => {
    const [a, b] = [aPod({ name: 'a', ready: 5 }), aPod({ name: 'b', ready: 5 })];
    const disruptedPods = { a: formatTime(now - 50_000), gone: formatTime(now) };
    const { status, after, notDeleted } = planBudget(
      aBudget({}, { disruptedPods }),
      [a, b],
      { expected: 2, healthy: 1 },
      now,
    );
    expect(status.currentHealthy).to.equal(1);
    expect(status.disruptedPods).to.deep.equal({ a: disruptedPods.a });
    expect(after).to.equal(70_001);
    expect(notDeleted).to.deep.equal([]);
  });

  it('counts pods again whose eviction never happened', () => {
    const a = aPod({ name: 'a', ready: 5 });
    const { status, notDeleted } = planBudget(
      aBudget({}, { disruptedPods: { a: formatTime(now - 121_000) } }),
      [a],
      { expected: 1, healthy: 1 },
      now,
    );
    expect(status.currentHealthy).to.equal(1);
    expect(status).not.to.have.property('disruptedPods');
    expect(notDeleted).to.deep.equal([a]);
  });

  it('keeps the time of a condition whose status stays', () => {
    const before = formatTime(now - 1000);
    const conditions = [
      { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'x', lastTransitionTime: before },
      { type: 'Other', status: 'True', reason: 'R', message: '', lastTransitionTime: before },
    ];
    const { status } = planBudget(aBudget({}, { conditions }), [], { expected: 0, healthy: 0 }, now);
    expect(status.conditions!.map((c) => [c.type, c.reason, c.lastTransitionTime])).to.deep.equal([
      ['DisruptionAllowed', 'InsufficientPods', before],
      ['Other', 'R', before],
    ]);
  });

  it('that failed allows nothing', () => {
    const budget = aBudget({}, { disruptionsAllowed: 2, currentHealthy: 3, desiredHealthy: 1, expectedPods: 3 });
    const status = failedStatus(budget, 'no scale', now);
    expect(status).to.deep.include({ disruptionsAllowed: 0, currentHealthy: 3 });
    expect(status.conditions![0]).to.deep.include({ status: 'False', reason: 'SyncFailed', message: 'no scale' });
  });
});

describe('disruption: announcements', () => {
  const announced = (seconds: number, more: object = {}, options: object = {}) => {
    const pod = aPod(options);
    const condition = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', ...more };
    pod.status!.conditions!.push({ ...condition, lastTransitionTime: formatTime(now - seconds * 1000) });
    return pod;
  };
  const cases: [string, ReturnType<typeof aPod>, number | undefined][] = [
    ['are stale after two minutes', announced(120), 0],
    ['are not stale before', announced(30), 90_000],
    ['that were taken back are none', announced(500, { status: 'False' }), undefined],
    ['of kubelets never are', announced(500, { reason: 'TerminationByKubelet' }), undefined],
    ['that came true are not', announced(500, {}, { deleting: true }), undefined],
    ['of pods that ended are not', announced(500, {}, { phase: 'Failed' }), undefined],
    ['of nothing are not', aPod(), undefined],
  ];
  for (const [name, pod, left] of cases) it(name, () => expect(staleIn(pod, now)).to.equal(left));

  it('are taken back with the time of doing so', () => {
    const { conditions } = withoutDisruption(announced(500), now);
    expect(conditions!.find((c) => c.type === 'DisruptionTarget')).to.deep.equal({
      type: 'DisruptionTarget',
      status: 'False',
      observedGeneration: 1,
      lastTransitionTime: formatTime(now),
    });
  });
});
