import { expect } from 'chai';
import type { HorizontalPodAutoscaler } from '../../../src/api/autoscaling-v2/horizontal-pod-autoscaler.ts';
import { History, type Rules } from '../../../src/controllers/horizontal-pod-autoscaler/history.ts';
import { normalize } from '../../../src/controllers/horizontal-pod-autoscaler/normalize.ts';
import { metadata, now } from '../objects.ts';

const usual: Rules = {
  selectPolicy: 'Max',
  stabilizationWindowSeconds: 0,
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};

function autoscaler(behavior?: { scaleUp?: Partial<Rules>; scaleDown?: Partial<Rules> }): HorizontalPodAutoscaler {
  const spec = {
    minReplicas: 2,
    maxReplicas: 50,
    scaleTargetRef: { kind: 'Deployment', name: 'web' },
    ...(behavior && {
      behavior: { scaleUp: { ...usual, ...behavior.scaleUp }, scaleDown: { ...usual, ...behavior.scaleDown } },
    }),
  };
  return { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: metadata('web'), spec };
}

/** Seconds ago, and what was recommended then. */
type Past = [ago: number, replicas: number][];

function historyOf(past: Past): History {
  const history = new History();
  for (const [ago, replicas] of past) history.recommend(replicas, now - ago * 1000, 3600);
  return history;
}

describe('autoscaler: a size without a behavior', () => {
  const table: [string, number, number, Past, number, string, string][] = [
    ['is what is recommended', 10, 15, [], 15, 'ReadyForNewScale', 'DesiredWithinRange'],
    ['is not more than the maximum', 40, 60, [], 50, 'ReadyForNewScale', 'TooManyReplicas'],
    ['is not less than the minimum', 3, 1, [], 2, 'ReadyForNewScale', 'TooFewReplicas'],
    ['at most doubles', 10, 45, [], 20, 'ReadyForNewScale', 'ScaleUpLimit'],
    ['may always become four', 1, 9, [], 4, 'ReadyForNewScale', 'ScaleUpLimit'],
    ['does not fall for five minutes', 10, 5, [[299, 9]], 9, 'ScaleDownStabilized', 'DesiredWithinRange'],
    ['falls then', 10, 5, [[301, 9]], 5, 'ReadyForNewScale', 'DesiredWithinRange'],
  ];
  for (const [name, current, recommended, past, replicas, able, limit] of table) {
    it(name, () => {
      const found = normalize(autoscaler(), current, recommended, historyOf(past), now);
      expect([found.replicas, found.able.reason, found.limit.reason]).to.deep.equal([replicas, able, limit]);
      expect(found.limited).to.equal(limit !== 'DesiredWithinRange');
    });
  }
});

describe('autoscaler: a size with a behavior', () => {
  const pods = (value: number, periodSeconds = 60) => ({ type: 'Pods', value, periodSeconds });
  const percent = (value: number, periodSeconds = 60) => ({ type: 'Percent', value, periodSeconds });
  const up = (...policies: Rules['policies'] & {}) => ({ scaleUp: { policies } });
  const down = (...policies: Rules['policies'] & {}) => ({ scaleDown: { policies } });
  const min = { selectPolicy: 'Min' };
  type Behavior = Parameters<typeof autoscaler>[0];
  const table: [string, Behavior, number, number, number, string][] = [
    ['grows by the policy that allows most', up(pods(3), percent(10)), 10, 40, 13, 'ScaleUpLimit'],
    [
      'grows by the policy that allows least',
      { scaleUp: { ...up(pods(3), percent(10)).scaleUp, ...min } },
      10,
      40,
      11,
      'ScaleUpLimit',
    ],
    ['rounds up when it grows by percent', up(percent(1)), 10, 40, 11, 'ScaleUpLimit'],
    ['does not grow when that is disabled', { scaleUp: { selectPolicy: 'Disabled' } }, 10, 40, 10, 'ScaleUpLimit'],
    ['does not grow beyond the maximum', up(percent(900)), 10, 90, 50, 'TooManyReplicas'],
    ['falls by the policy that allows most', down(pods(3), percent(10)), 20, 1, 17, 'ScaleDownLimit'],
    [
      'falls by the policy that allows least',
      { scaleDown: { ...down(pods(3), percent(10)).scaleDown, ...min } },
      20,
      1,
      18,
      'ScaleDownLimit',
    ],
    ['falls by more than less when it does by percent', down(percent(10)), 15, 1, 13, 'ScaleDownLimit'],
    ['does not fall when that is disabled', { scaleDown: { selectPolicy: 'Disabled' } }, 10, 1, 10, 'ScaleDownLimit'],
    ['does not fall below the minimum', down(percent(100)), 10, 0, 2, 'TooFewReplicas'],
    ['goes where it should within its rates', down(pods(30)), 10, 7, 7, 'DesiredWithinRange'],
  ];
  for (const [name, behavior, current, recommended, replicas, limit] of table) {
    it(name, () => {
      const found = normalize(autoscaler(behavior), current, recommended, new History(), now);
      expect([found.replicas, found.limit.reason]).to.deep.equal([replicas, limit]);
    });
  }

  it('counts what was added and removed in the period of a policy', () => {
    const { behavior } = autoscaler(up(pods(10), pods(2, 10))).spec;
    const history = new History();
    history.scaled(10, 16, now - 40_000, behavior!);
    history.scaled(16, 14, now - 30_000, behavior!);
    const grown = normalize(autoscaler(up(pods(10))), 14, 40, history, now);
    expect(grown.replicas).to.equal(20); // 10 a minute ago
    expect(normalize(autoscaler(up(pods(10))), 14, 40, history, now + 25_000).replicas).to.equal(26);
    expect(normalize(autoscaler(up(pods(10))), 14, 40, history, now + 60_000).replicas).to.equal(24);
    const behind = new History();
    behind.scaled(10, 30, now - 40_000, behavior!);
    expect(normalize(autoscaler(up(pods(5))), 30, 40, behind, now).replicas).to.equal(30);
  });

  const windows = { scaleUp: { stabilizationWindowSeconds: 60 }, scaleDown: { stabilizationWindowSeconds: 120 } };
  const past: [string, number, number, Past, number, string][] = [
    ['waits with growth for the lowest of its window', 10, 14, [[50, 12]], 12, 'ScaleUpStabilized'],
    ['forgets what is older than that', 10, 14, [[61, 12]], 14, 'ReadyForNewScale'],
    ['stays when it should have shrunk of late', 10, 14, [[30, 6]], 10, 'ScaleUpStabilized'],
    ['waits with shrinking for the highest of its window', 10, 6, [[100, 8]], 8, 'ScaleDownStabilized'],
    ['stays when it should have grown of late', 10, 6, [[100, 15]], 10, 'ScaleDownStabilized'],
    ['shrinks then', 10, 6, [[121, 15]], 6, 'ReadyForNewScale'],
  ];
  for (const [name, current, recommended, recommendations, replicas, able] of past) {
    it(name, () => {
      const found = normalize(autoscaler(windows), current, recommended, historyOf(recommendations), now);
      expect([found.replicas, found.able.reason]).to.deep.equal([replicas, able]);
    });
  }
});
