import { expect } from 'chai';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { DecisionLog } from '../../src/scheduler/decision-log.ts';
import { podInfo } from '../../src/scheduler/pod-info.ts';
import type { QueuedPod } from '../../src/scheduler/queued-pod.ts';
import { scheduleOne } from '../../src/scheduler/schedule-one.ts';
import { Snapshot } from '../../src/scheduler/snapshot.ts';
import { aNode, aPod, theProfile } from './objects.ts';

const taints = [{ key: 'k', value: 'v', effect: 'NoSchedule' }];

/** So many open nodes, and so many tainted ones. */
function cluster(open: number, tainted: number): Snapshot {
  const snapshot = new Snapshot();
  for (let i = 0; i < open; i++) snapshot.setNode(aNode(`open-${i}`));
  for (let i = 0; i < tainted; i++) snapshot.setNode(aNode(`tainted-${i}`, { spec: { taints } }));
  return snapshot;
}

/** Has a decision made and written down. */
function decide(log: DecisionLog, name: string, snapshot: Snapshot, cpu = '1'): void {
  const info = podInfo(aPod(name, { cpu }));
  const queued = { info, attempts: 3 } as QueuedPod;
  const decision = scheduleOne(info, snapshot, theProfile, () => 0);
  if ('placement' in decision) log.placed(queued, snapshot.nodes.length, decision.placement);
  else log.failed(queued, decision.failure, 'it does not fit', undefined);
}

describe('log of decisions', () => {
  it('tells the choice, every score, and who refused the others', () => {
    const log = new DecisionLog(new VirtualClock());
    decide(log, 'p', cluster(3, 2));
    const decision = log.get('default/p')!;
    expect(decision).to.deep.include({
      schedulerName: 'default-scheduler',
      attempt: 3,
      feasibleCount: 3,
      notLookedAt: 0,
    });
    expect(decision.node).to.equal(decision.feasible[0]!.name);
    const [best] = decision.feasible;
    expect(best!.scores.map(({ plugin }) => plugin)).to.include.members([
      'NodeResourcesFit',
      'NodeResourcesBalancedAllocation',
    ]);
    expect(best!.total).to.equal(best!.scores.reduce((sum, { score, weight }) => sum + score * weight, 0));
    expect(decision.refused).to.deep.equal([
      {
        plugin: 'TaintToleration',
        reasons: ['node(s) had untolerated taint {k: v}'],
        count: 2,
        nodes: ['tainted-0', 'tainted-1'],
      },
    ]);
  });

  it('tells why there is none, and keeps that when something breaks', () => {
    const log = new DecisionLog(new VirtualClock());
    decide(log, 'p', cluster(2, 1), '9');
    expect(log.get('default/p')).to.deep.include({ message: 'it does not fit', feasible: [], feasibleCount: 0 });
    expect(log.get('default/p')!.refused.map(({ plugin, count }) => [plugin, count])).to.deep.equal([
      ['NodeResourcesFit', 2],
      ['TaintToleration', 1],
    ]);
    expect(log.get('default/other')).to.equal(undefined);
  });

  it('keeps the newest whole, shortens the older, and forgets the oldest', () => {
    const log = new DecisionLog(new VirtualClock());
    const snapshot = cluster(20, 2);
    for (let i = 0; i < 10_050; i++) decide(log, `p${i}`, snapshot);
    expect(log.get('default/p0')).to.equal(undefined);
    const old = log.get('default/p200')!;
    expect(old.feasibleCount).to.equal(20);
    expect(old.feasible).to.have.length(10);
    expect(old.feasible[0]!.name).to.equal(old.node);
    expect(old.feasible[0]!.scores).not.to.deep.equal([]);
    expect(old.refused[0]!.count).to.equal(2);
    expect(log.get('default/p10049')!.feasible).to.have.length(20);
  });
});
