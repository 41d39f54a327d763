import { expect } from 'chai';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import type { PodDisruptionBudget } from '../../../src/api/policy-v1/pod-disruption-budget.ts';
import { defaultArguments } from '../../../src/scheduler/config/arguments.ts';
import { Cycle } from '../../../src/scheduler/cycle.ts';
import { podInfo } from '../../../src/scheduler/pod-info.ts';
import { bestCandidate, candidatesToFind, findCandidates } from '../../../src/scheduler/preemption/candidates.ts';
import { findFeasible } from '../../../src/scheduler/schedule-one.ts';
import { Snapshot } from '../../../src/scheduler/snapshot.ts';
import { aNode, aPod, theProfile } from '../objects.ts';

const limits = defaultArguments.DefaultPreemption;
let starts = 0;

interface Running {
  readonly name: string;
  readonly cpu: string;
  readonly priority: number;
  /** Seconds: the higher, the younger. */
  readonly started?: number;
  readonly labels?: Record<string, string>;
}

function running({ name, cpu, priority, started = ++starts, labels }: Running, nodeName: string): Pod {
  const pod = aPod(name, { cpu }, { priority, nodeName }, { labels });
  const startTime = new Date(Date.UTC(2026, 0, 1) + started * 1000).toISOString().replace('.000', '');
  return { ...pod, status: { phase: 'Running', startTime } };
}

interface Options {
  readonly budgets?: readonly PodDisruptionBudget[];
  readonly cpu?: string;
  readonly priority?: number;
  readonly promised?: Readonly<Record<string, Running>>;
}

/** What a pod of priority 100 that asks for 4 CPUs, all that a node has, would do to the nodes. */
function search(
  nodes: Record<string, readonly Running[]>,
  { budgets = [], cpu = '4', priority = 100, promised = {} }: Options = {},
) {
  const snapshot = new Snapshot();
  for (const [name, pods] of Object.entries(nodes)) {
    snapshot.setNode(aNode(name));
    for (const pod of pods) snapshot.setPod(running(pod, name));
  }
  for (const [name, pod] of Object.entries(promised)) {
    const { spec, ...rest } = running(pod, '');
    snapshot.nominations.set(podInfo({ ...rest, spec: { ...spec!, nodeName: undefined } }), name);
  }
  const cycle = new Cycle(podInfo(aPod('preemptor', { cpu }, { priority })), theProfile, snapshot);
  const diagnosis = findFeasible(cycle, { next: 0 });
  expect(diagnosis.feasible).to.deep.equal([]);
  return findCandidates(cycle, diagnosis, budgets, limits, () => 0);
}

function victims(...args: Parameters<typeof search>): Record<string, string[]> {
  const { candidates } = search(...args);
  return Object.fromEntries(
    candidates.map(({ node, victims: chosen }) => [node.name, chosen.map(({ pod }) => pod.metadata.name)]),
  );
}

function budget(allowed: number, app: string, disruptedPods = {}): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: app, namespace: 'default', uid: app, resourceVersion: '1', creationTimestamp: '' },
    spec: { selector: { matchLabels: { app } } },
    status: { disruptionsAllowed: allowed, disruptedPods, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  };
}

describe('preemption', () => {
  describe('victims', () => {
    it('are as few as are needed, the least important ones', () => {
      const pods = [
        { name: 'high', cpu: '1', priority: 50 },
        { name: 'low', cpu: '1', priority: 1 },
        { name: 'middle', cpu: '1', priority: 20 },
      ];
      expect(victims({ n: pods }, { cpu: '2' })).to.deep.equal({ n: ['low'] });
      expect(victims({ n: pods }, { cpu: '3' })).to.deep.equal({ n: ['middle', 'low'] });
    });

    it('are the younger of equals', () => {
      const pods = [
        { name: 'old', cpu: '2', priority: 1, started: 1 },
        { name: 'young', cpu: '2', priority: 1, started: 2 },
      ];
      expect(victims({ n: pods }, { cpu: '2' })).to.deep.equal({ n: ['young'] });
    });

    it('are never as important as the pod itself', () => {
      const { candidates, message } = search({
        same: [{ name: 'a', cpu: '1', priority: 100 }],
        both: [
          { name: 'b', cpu: '3', priority: 100 },
          { name: 'c', cpu: '1', priority: 0 },
        ],
      });
      expect(candidates).to.deep.equal([]);
      expect(message).to.equal(
        '0/2 nodes are available: 1 Insufficient cpu, 1 No preemption victims found for incoming pod.',
      );
    });

    it('are not looked for where nothing would help', () => {
      const { message } = search({ n: [{ name: 'a', cpu: '1', priority: 0 }] }, { cpu: '5' });
      expect(message).to.equal('0/1 nodes are available: 1 Preemption is not helpful for scheduling.');
    });

    it('are spared by a budget when others do', () => {
      const pods = [
        { name: 'protected', cpu: '2', priority: 1, labels: { app: 'db' } },
        { name: 'other', cpu: '2', priority: 2 },
      ];
      expect(victims({ n: pods }, { cpu: '2' })).to.deep.equal({ n: ['protected'] });
      expect(victims({ n: pods }, { cpu: '2', budgets: [budget(0, 'db')] })).to.deep.equal({ n: ['other'] });
      expect(victims({ n: pods }, { cpu: '2', budgets: [budget(1, 'db')] })).to.deep.equal({ n: ['protected'] });
      const counted = budget(0, 'db', { protected: '2026-01-01T00:00:00Z' });
      expect(victims({ n: pods }, { cpu: '2', budgets: [counted] })).to.deep.equal({ n: ['protected'] });
    });

    it('make room beside a pod that is promised the node', () => {
      const pods = [
        { name: 'a', cpu: '2', priority: 1, started: 1 },
        { name: 'b', cpu: '2', priority: 1, started: 2 },
      ];
      const promised = (priority: number) => ({ n: { name: 'waits', cpu: '2', priority } });
      expect(victims({ n: pods }, { cpu: '2', promised: promised(200) })).to.deep.equal({ n: ['a', 'b'] });
      expect(victims({ n: pods }, { cpu: '2', promised: promised(50) })).to.deep.equal({ n: ['b'] });
    });
  });

  describe('choice of a node', () => {
    const choices: [string, Record<string, readonly Running[]>, string, PodDisruptionBudget[]?][] = [
      [
        'the fewest budgets violated',
        {
          a: [{ name: 'a', cpu: '4', priority: 0, labels: { app: 'db' } }],
          b: [{ name: 'b', cpu: '4', priority: 9 }],
        },
        'b',
        [budget(0, 'db')],
      ],
      [
        'the least important most important victim',
        {
          a: [{ name: 'a', cpu: '4', priority: 9 }],
          b: [1, 2, 3, 4].map((i) => ({ name: `b${i}`, cpu: '1', priority: 8 })),
        },
        'b',
      ],
      [
        'the lowest sum of priorities',
        {
          a: [5, 5].map((priority, i) => ({ name: `a${i}`, cpu: '2', priority })),
          b: [5, 1].map((priority, i) => ({ name: `b${i}`, cpu: '2', priority })),
        },
        'b',
      ],
      [
        'few victims, also of negative priority',
        {
          a: [-5, -5].map((priority, i) => ({ name: `a${i}`, cpu: '2', priority })),
          b: [{ name: 'b', cpu: '4', priority: -5 }],
        },
        'b',
      ],
      [
        'the youngest victims',
        {
          a: [{ name: 'a', cpu: '4', priority: 1, started: 10 }],
          b: [{ name: 'b', cpu: '4', priority: 1, started: 20 }],
          c: [
            { name: 'c', cpu: '2', priority: 1, started: 5 },
            { name: 'd', cpu: '2', priority: 1, started: 30 },
          ],
        },
        'b',
      ],
    ];
    for (const [what, nodes, name, budgets] of choices) {
      it(`prefers ${what}`, () => {
        expect(bestCandidate(search(nodes, budgets && { budgets }).candidates)?.node.name).to.equal(name);
      });
    }

    it('ends when enough nodes would do, one of them without violating a budget', () => {
      expect([50, 100, 1000, 5000].map((nodes) => candidatesToFind(nodes, limits))).to.deep.equal([50, 100, 100, 500]);
      const nodes = Object.fromEntries(
        Array.from({ length: 150 }, (_, i) => [`n${i}`, [{ name: `p${i}`, cpu: '4', priority: 0 }]]),
      );
      expect(search(nodes).candidates).to.have.length(100);
      const guarded = Object.fromEntries(
        Object.entries(nodes).map(([name, [one]], i) => [name, [{ ...one!, labels: { app: i < 120 ? 'db' : 'web' } }]]),
      );
      expect(search(guarded, { budgets: [budget(0, 'db')] }).candidates).to.have.length(121);
    });
  });
});
