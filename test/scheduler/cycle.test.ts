import { expect } from 'chai';
import { Cycle } from '../../src/scheduler/cycle.ts';
import { failureMessage } from '../../src/scheduler/diagnosis.ts';
import type { Plugin } from '../../src/scheduler/plugin.ts';
import { prioritySort } from '../../src/scheduler/plugins/priority-sort.ts';
import { podInfo } from '../../src/scheduler/pod-info.ts';
import { profileOf } from '../../src/scheduler/profile.ts';
import { findFeasible } from '../../src/scheduler/schedule-one.ts';
import { Snapshot } from '../../src/scheduler/snapshot.ts';
import { aNode, aPod, theProfile } from './objects.ts';

function threeNodes(): Snapshot {
  const snapshot = new Snapshot();
  for (const name of ['a', 'b', 'c']) snapshot.setNode(aNode(name));
  return snapshot;
}

const profileWith = (...plugins: Plugin[]) =>
  profileOf(
    'x',
    [prioritySort, ...plugins].map((plugin) => ({ plugin })),
  );
const only = (name: string, ...nodes: string[]): Plugin => ({
  name,
  preFilter: () => ({ state: 1, nodes: new Set(nodes) }),
});
const search = (snapshot: Snapshot, pod: object, ...plugins: Plugin[]) =>
  findFeasible(new Cycle(podInfo(aPod('p', {}, pod)), profileWith(...plugins), snapshot), { next: 0 });

describe('scheduling cycle', () => {
  it('looks at those nodes only that plugins name', () => {
    const seen: string[] = [];
    const spy: Plugin = { name: 'Spy', filter: (_, node) => void seen.push(node.name) };
    const { feasible } = search(threeNodes(), {}, only('One', 'b', 'c', 'gone'), only('Two', 'a', 'b', 'gone'), spy);
    expect([seen, feasible.map((n) => n.name)]).to.deep.equal([['b'], ['b']]);
  });

  it('says which plugins leave no node', () => {
    const none = search(threeNodes(), {}, only('Two', 'a'), only('One', 'b'));
    expect(failureMessage(none)).to.equal(
      "0/3 nodes are available: node(s) didn't satisfy plugin(s) [One Two] simultaneously.",
    );
    const full: Plugin = { name: 'Full', filter: () => ({ reasons: ['it is full'], unresolvable: false }) };
    const one = search(threeNodes(), {}, only('One', 'b'), full);
    expect(failureMessage(one)).to.equal(
      "0/3 nodes are available: 1 it is full, 2 node(s) didn't satisfy plugin(s) [One].",
    );
    expect([...one.plugins].map((p) => p.name).sort()).to.deep.equal(['Full', 'One']);
  });

  it('does not ask a plugin to filter that has nothing to look at', () => {
    const never: Plugin = {
      name: 'Never',
      preFilter: () => 'skip',
      filter: () => ({ reasons: ['asked'], unresolvable: true }),
    };
    expect(search(threeNodes(), {}, never).feasible).to.have.length(3);
  });

  it('rejects a pod before any node is looked at', () => {
    const rejection = { reasons: ['no such claim'], unresolvable: true };
    const failure = search(threeNodes(), {}, { name: 'Claims', preFilter: () => ({ rejection }) });
    expect(failureMessage(failure, 'more.')).to.equal('0/3 nodes are available: no such claim. more.');
  });

  it('leaves room for those that are promised a node and at least as important', () => {
    const snapshot = new Snapshot();
    snapshot.setNode(aNode('a'));
    snapshot.nominations.set(podInfo(aPod('promised', { cpu: '3' }, { priority: 10 })), 'a');
    const found = (priority: number, cpu: string) =>
      findFeasible(new Cycle(podInfo(aPod('p', { cpu }, { priority })), theProfile, snapshot), { next: 0 }).feasible
        .length;
    expect([found(10, '2'), found(10, '1'), found(11, '2')]).to.deep.equal([0, 1, 1]);
    expect(snapshot.existing('a')!.requested.cpu).to.equal(0);
  });

  it('takes the promised node when the pod fits there by now', () => {
    const snapshot = threeNodes();
    const info = podInfo(aPod('p', { cpu: '2' }));
    snapshot.nominations.set(info, 'b');
    const feasible = () => findFeasible(new Cycle(info, theProfile, snapshot), { next: 0 }).feasible.map((n) => n.name);
    expect(feasible()).to.deep.equal(['b']);
    snapshot.assume(podInfo(aPod('x', { cpu: '3' })), 'b');
    expect(feasible()).to.deep.equal(['a', 'c']);
  });

  it('thinks pods away and leaves the node as it is', () => {
    const snapshot = new Snapshot();
    snapshot.setNode(aNode('a'));
    const other = podInfo(aPod('x', { cpu: '3' }));
    snapshot.assume(other, 'a');
    const cycle = new Cycle(podInfo(aPod('p', { cpu: '2' })), theProfile, snapshot);
    cycle.preFilter();
    const node = snapshot.existing('a')!;
    expect(cycle.filter(node)!.rejection.reasons).to.deep.equal(['Insufficient cpu']);
    const simulation = cycle.simulate(node);
    simulation.remove(other);
    expect(simulation.filter()).to.equal(undefined);
    simulation.add(other);
    expect(simulation.filter()!.plugin.name).to.equal('NodeResourcesFit');
    expect([node.pods.size, node.requested.cpu]).to.deep.equal([1, 3000]);
  });
});
