import { expect } from 'chai';
import type { DaemonSet } from '../../../src/api/apps-v1/daemon-set.ts';
import type { Node } from '../../../src/api/core-v1/node.ts';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { planPlacement } from '../../../src/controllers/daemon-set/plan.ts';
import { daemonSetStatus, untilAvailable } from '../../../src/controllers/daemon-set/status.ts';
import { aPod, now } from '../objects.ts';
import { aDaemonSet, daemon, daemonsOf, site, surging, waiting } from './objects.ts';

const names = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.name);

describe('daemon set: one on every node', () => {
  const plan = (nodes: Node[], pods: Pod[], set: DaemonSet = aDaemonSet()) => {
    const { create, remove, ended } = planPlacement(daemonsOf(set, nodes, pods), now);
    return { create, remove: names(remove), ended: names(ended.map(({ pod }) => pod)) };
  };
  const nothing = { create: [], remove: [], ended: [] };
  const two = [site('n1'), site('n2')];

  it('starts what is missing', () => {
    expect(plan(two, [daemon('n1')])).to.deep.equal({ ...nothing, create: ['n2'] });
  });

  it('counts one that waits for the scheduler', () => {
    expect(plan(two, [daemon('n1'), waiting('n2', 'w')])).to.deep.equal(nothing);
  });

  it('waits until one under deletion is gone, unless it has ended', () => {
    expect(plan([site('n1')], [daemon('n1', 'new', { deleting: true })])).to.deep.equal(nothing);
    const ended = daemon('n1', 'new', { deleting: true, phase: 'Failed' });
    expect(plan([site('n1')], [ended])).to.deep.equal({ ...nothing, create: ['n1'] });
  });

  it('removes those of nodes where they may not be, and leaves those that may stay', () => {
    const nodes = [site('n1', { taints: ['a:NoExecute'] }), site('n2', { taints: ['a:NoSchedule'] })];
    const pods = [daemon('n1', 'new', { name: 'x' }), daemon('n2', 'new', { name: 'y' })];
    expect(plan(nodes, pods)).to.deep.equal({ ...nothing, remove: ['x'] });
  });

  it('removes those that have ended', () => {
    const failed = daemon('n1', 'new', { name: 'x', phase: 'Failed' });
    const succeeded = daemon('n2', 'new', { name: 'y', phase: 'Succeeded' });
    expect(plan(two, [failed, succeeded])).to.deep.equal({ ...nothing, ended: ['x', 'y'] });
  });

  it('keeps the oldest of several on a node, and one that is bound before one that is not', () => {
    const older = daemon('n1', 'new', { name: 'older', age: 100 });
    const younger = daemon('n1', 'new', { name: 'younger', age: 50 });
    expect(plan([site('n1')], [younger, older]).remove).to.deep.equal(['younger']);
    expect(plan([site('n1')], [waiting('n1', 'w'), younger]).remove).to.deep.equal(['w']);
  });

  it('removes those that wait for nodes that are gone, and leaves those that ran there to others', () => {
    const pods = [daemon('n1'), daemon('gone'), waiting('gone', 'w')];
    expect(plan([site('n1')], pods)).to.deep.equal({ ...nothing, remove: ['w'] });
  });

  it('does not count a pod without any node', () => {
    expect(plan([site('n1')], [aPod()])).to.deep.equal({ ...nothing, create: ['n1'] });
  });

  describe('with surge', () => {
    const old = (ready?: number) => daemon('n1', 'old', { name: 'old', age: 100, ready });
    const fresh = (ready?: number) => daemon('n1', 'new', { name: 'new', age: 50, ready });
    const cases: [string, Pod[], object, string[]][] = [
      ['both stay while only the old one works', [old(10), fresh()], {}, []],
      ['the old one goes when it does not work', [old(), fresh()], {}, ['old']],
      ['the old one goes when the new one works', [old(10), fresh(10)], {}, ['old']],
      ['and not before it did for a while', [old(10), fresh(10)], { minReadySeconds: 20 }, []],
      ['only one of each', [old(10), fresh(), daemon('n1', 'new', { name: 'x', age: 10 })], {}, ['x']],
    ];
    for (const [name, pods, spec, expected] of cases) {
      it(name, () => expect(plan([site('n1')], pods, surging(1, spec)).remove).to.deep.equal(expected));
    }
  });
});

describe('daemon set: status', () => {
  it('counts nodes, not pods', () => {
    const nodes = [site('n1'), site('n2'), site('n3'), site('n4', { taints: ['a:NoSchedule'] }), site('n5')];
    const pods = [
      daemon('n1'),
      daemon('n1', 'old', { age: 10 }),
      daemon('n2', 'old', { ready: undefined }),
      daemon('n3', 'new', { ready: 1 }),
      daemon('n4'),
    ];
    expect(daemonSetStatus(daemonsOf(aDaemonSet({ minReadySeconds: 5 }), nodes, pods), now)).to.deep.equal({
      desiredNumberScheduled: 4,
      currentNumberScheduled: 3,
      numberMisscheduled: 1,
      numberReady: 2,
      updatedNumberScheduled: 2,
      numberAvailable: 1,
      numberUnavailable: 3,
    });
  });

  it('knows when the next one becomes available', () => {
    const daemons = daemonsOf(aDaemonSet({ minReadySeconds: 30 }), [site('n1')], [daemon('n1', 'new', { ready: 10 })]);
    expect(untilAvailable(daemons, now)).to.equal(20_000);
    expect(untilAvailable(daemons, now + 20_000)).to.equal(undefined);
  });
});
