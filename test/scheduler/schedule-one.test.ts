import { expect } from 'chai';
import { seededRandom } from '../../src/base/random.ts';
import { failureMessage, type Diagnosis } from '../../src/scheduler/diagnosis.ts';
import { podInfo } from '../../src/scheduler/pod-info.ts';
import { feasibleNodesToFind, pickHighest, scheduleOne } from '../../src/scheduler/schedule-one.ts';
import { Snapshot } from '../../src/scheduler/snapshot.ts';
import { aNode, aPod, theProfile as profile } from './objects.ts';

const random = () => 0.5;

function failureOf(snapshot: Snapshot, pod: ReturnType<typeof aPod>): Diagnosis & { message: string } {
  const decision = scheduleOne(podInfo(pod), snapshot, profile, random);
  if (!('failure' in decision)) throw new Error(`it was put on ${decision.placement.node.name}`);
  const { cycle, failure } = decision;
  const after = profile.postFilter.find(({ name }) => name === 'DefaultPreemption')!.postFilter!(
    cycle,
    failure,
    undefined,
  );
  if (after instanceof Promise) throw new Error('it waits for something');
  return { ...failure, message: failureMessage(failure, after.message) };
}

describe('schedule one', () => {
  it('says why there is no node, counted and sorted', () => {
    const snapshot = new Snapshot();
    snapshot.setNode(aNode('a'));
    for (const name of ['b', 'c'])
      snapshot.setNode(aNode(name, { spec: { taints: [{ key: 'key', value: 'value', effect: 'NoSchedule' }] } }));
    snapshot.assume(podInfo(aPod('x', { cpu: '3' })), 'a');
    const failure = failureOf(snapshot, aPod('p', { cpu: '2' }));
    expect(failure.message).to.equal(
      '0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {key: value}. ' +
        'preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
    );
    expect([...failure.plugins].map((p) => p.name).sort()).to.deep.equal(['NodeResourcesFit', 'TaintToleration']);
  });

  it('says when there are no nodes at all', () => {
    expect(failureMessage(failureOf(new Snapshot(), aPod('p')))).to.equal('no nodes available to schedule pods');
  });

  it('spreads equal pods over equal nodes', () => {
    const snapshot = new Snapshot();
    for (let i = 0; i < 5; i++) snapshot.setNode(aNode(`n${i}`));
    const rng = seededRandom(1);
    for (let i = 0; i < 50; i++) {
      const info = podInfo(aPod(`p${i}`, { cpu: '100m', memory: '100Mi' }));
      const decision = scheduleOne(info, snapshot, profile, rng);
      if ('placement' in decision) snapshot.assume(info, decision.placement.node.name);
    }
    expect(snapshot.nodes.map((n) => n.pods.size)).to.deep.equal([10, 10, 10, 10, 10]);
  });

  it('looks at enough nodes of a large cluster, and at others the next time', () => {
    const snapshot = new Snapshot();
    for (let i = 0; i < 1000; i++) snapshot.setNode(aNode(`n${i}`));
    const position = { next: 0 };
    const decision = scheduleOne(podInfo(aPod('p')), snapshot, profile, random, position);
    if (!('placement' in decision)) throw new Error('it fits nowhere');
    expect([decision.placement.evaluated, decision.placement.feasible.length]).to.deep.equal([420, 420]);
    expect(position.next).to.equal(420);
    for (let i = 0; i < 2; i++) scheduleOne(podInfo(aPod('p')), snapshot, profile, random, position);
    expect(position.next).to.equal(260);
  });

  const samples: [number, number][] = [
    [0, 0],
    [1, 1],
    [99, 99],
    [100, 100],
    [250, 120],
    [1000, 420],
    [5000, 500],
    [10_000, 500],
    [50_000, 2500],
  ];
  for (const [nodes, expected] of samples) {
    it(`finds ${expected} feasible of ${nodes} nodes enough`, () =>
      expect(feasibleNodesToFind(nodes)).to.equal(expected));
  }

  it('picks among the highest, each as often', () => {
    const rng = seededRandom(7);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 3000; i++) counts[pickHighest([5, 9, 9, 9], rng)]!++;
    expect(counts[0]).to.equal(0);
    for (const count of counts.slice(1)) expect(count).to.be.within(900, 1100);
  });
});
