import { expect } from 'chai';
import type { DaemonSet } from '../../../src/api/apps-v1/daemon-set.ts';
import type { Node } from '../../../src/api/core-v1/node.ts';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { rollingLimits } from '../../../src/controllers/daemon-set/limits.ts';
import { planRollout } from '../../../src/controllers/daemon-set/rollout.ts';
import { now, type PodOptions } from '../objects.ts';
import { aDaemonSet, daemon, daemonsOf, site, surging } from './objects.ts';

const rolling = (rollingUpdate: object, spec: object = {}) =>
  aDaemonSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate }, ...spec });
const nodes = ['n1', 'n2', 'n3', 'n4'].map((name) => site(name));

describe('daemon set: limits of a rolling update', () => {
  const cases: [string, DaemonSet, number, [number, number]][] = [
    ['defaults', rolling({}), 10, [0, 1]],
    ['a number', rolling({ maxUnavailable: 3 }), 10, [0, 3]],
    ['a percentage, rounded up', rolling({ maxUnavailable: '25%' }), 10, [0, 3]],
    ['surge, rounded up', rolling({ maxUnavailable: 0, maxSurge: '5%' }), 10, [1, 0]],
    ['neither: one may be missing', rolling({ maxUnavailable: 0 }), 10, [0, 1]],
    ['deletion by hand', aDaemonSet({ updateStrategy: { type: 'OnDelete' } }), 10, [0, 0]],
  ];
  for (const [name, set, desired, [maxSurge, maxUnavailable]] of cases) {
    it(name, () => expect(rollingLimits(set, desired)).to.deep.equal({ maxSurge, maxUnavailable }));
  }
});

describe('daemon set: rolling update', () => {
  const plan = (set: DaemonSet, pods: Pod[], on: Node[] = nodes) => {
    const { create, remove } = planRollout(daemonsOf(set, on, pods), now);
    return { create, remove: remove.map(({ metadata }) => metadata.name) };
  };
  const old = (node: string, options: PodOptions = {}) => daemon(node, 'old', { name: `old-${node}`, ...options });
  const fresh = (node: string, options: PodOptions = {}) => daemon(node, 'new', { name: `new-${node}`, ...options });
  const broken = { ready: undefined };
  const all = [old('n1'), old('n2'), old('n3'), old('n4')];
  const later = all.slice(1);
  const twoBroken = [old('n1', broken), old('n2', broken), ...all.slice(2)];

  describe('that replaces', () => {
    const cases: [string, object, Pod[], string[]][] = [
      ['one at a time', {}, all, ['old-n1']],
      ['so many at a time', { maxUnavailable: 3 }, all, ['old-n1', 'old-n2', 'old-n3']],
      ['a share', { maxUnavailable: '50%' }, all, ['old-n1', 'old-n2']],
      ['waits for the new one', {}, [fresh('n1', broken), ...later], []],
      ['goes on when it works', {}, [fresh('n1'), ...later], ['old-n2']],
      ['waits for one that is gone', {}, later, []],
      ['waits for one that goes', {}, [old('n1', { deleting: true }), ...later], []],
      ['takes all that do not work anyway', {}, twoBroken, ['old-n1', 'old-n2', 'old-n3']],
      ['leaves doubles to the placement', {}, [old('n1'), old('n1', { name: 'double' }), ...later], []],
      ['is done', {}, nodes.map(({ metadata }) => fresh(metadata.name)), []],
    ];
    for (const [name, rollingUpdate, pods, expected] of cases) {
      it(name, () => expect(plan(rolling(rollingUpdate), pods)).to.deep.equal({ create: [], remove: expected }));
    }

    for (const [ready, removed] of [
      [29, 0],
      [30, 1],
    ] as const) {
      it(`removes ${removed} when the new one has worked for ${ready} of 30 s`, () => {
        const others = ['n2', 'n3', 'n4'].map((node) => old(node, { ready: 60 }));
        const set = rolling({}, { minReadySeconds: 30 });
        expect(plan(set, [fresh('n1', { ready }), ...others]).remove).to.have.length(removed);
      });
    }
  });

  describe('with surge', () => {
    const cases: [string, number | string, Pod[], string[], string[]][] = [
      ['starts one beside an old one', 1, all, ['n1'], []],
      ['starts so many', 2, all, ['n1', 'n2'], []],
      ['starts a share', '75%', all, ['n1', 'n2', 'n3'], []],
      ['waits for the new one', 1, [...all, fresh('n1', broken)], [], []],
      ['removes the old one when the new one works', 1, [...all, fresh('n1')], [], ['old-n1']],
      ['goes on when the old one is gone', 1, [fresh('n1'), ...later], ['n2'], []],
      ['replaces at once what does not work', 1, twoBroken, ['n1', 'n2', 'n3'], []],
      ['removes what stops working', 1, [old('n1', broken), fresh('n1', broken), ...later], ['n2'], ['old-n1']],
    ];
    for (const [name, maxSurge, pods, create, remove] of cases) {
      it(name, () => expect(plan(surging(maxSurge), pods)).to.deep.equal({ create, remove }));
    }

    it('removes the old one where no new one may start', () => {
      const on = [site('n1', { taints: ['a:NoSchedule'] }), ...nodes.slice(1)];
      expect(plan(surging(1), all, on)).to.deep.equal({ create: [], remove: ['old-n1'] });
      const pods = [old('n1', broken), ...later];
      expect(plan(surging(1), pods, on)).to.deep.equal({ create: ['n2'], remove: ['old-n1'] });
    });
  });
});
