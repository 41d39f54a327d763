import { expect } from 'chai';
import { NodeInfo } from '../../../src/scheduler/node-info.ts';
import type { Plugin } from '../../../src/scheduler/plugin.ts';
import { createBalancedAllocation } from '../../../src/scheduler/plugins/balanced-allocation.ts';
import { createNodeResourcesFit } from '../../../src/scheduler/plugins/node-resources-fit.ts';
import { podInfo } from '../../../src/scheduler/pod-info.ts';
import { aNode, aPod } from '../objects.ts';
import { reasons, scores } from './probe.ts';

type Args = NonNullable<Parameters<typeof createNodeResourcesFit>[0]>;
type Strategy = NonNullable<Args['scoringStrategy']>;

const gpu = 'example.com/gpu';
const node = (name: string, more: object = {}) =>
  aNode(name, { status: { allocatable: { cpu: '4', memory: '8Gi', pods: '10', ...more } } });

describe('scoring strategies of resources', () => {
  const shape = [
    { utilization: 0, score: 0 },
    { utilization: 50, score: 10 },
    { utilization: 100, score: 4 },
  ];
  const resources = [{ name: gpu, weight: 3 }, { name: 'cpu' }];
  const table: [string, Strategy, Record<string, string>, number][] = [
    ['least, of CPU and memory', {}, { cpu: '1', memory: '2Gi' }, 75],
    [
      'least, with a weight',
      { resources: [{ name: 'cpu', weight: 3 }, { name: 'memory' }] },
      { cpu: '4', memory: '2Gi' },
      18,
    ],
    ['least, of what is not asked for', { resources }, { cpu: '1' }, 75],
    ['least, of an extended resource', { resources }, { cpu: '1', [gpu]: '1' }, 56],
    ['most', { type: 'MostAllocated' }, { cpu: '1', memory: '6Gi' }, 50],
    [
      'a ratio, rising',
      { type: 'RequestedToCapacityRatio', requestedToCapacityRatio: { shape } },
      { cpu: '1', memory: '2Gi' },
      50,
    ],
    [
      'a ratio, at the top',
      { type: 'RequestedToCapacityRatio', requestedToCapacityRatio: { shape } },
      { cpu: '2', memory: '4Gi' },
      100,
    ],
    [
      'a ratio, falling',
      { type: 'RequestedToCapacityRatio', requestedToCapacityRatio: { shape } },
      { cpu: '4', memory: '8Gi' },
      40,
    ],
  ];
  for (const [name, scoringStrategy, requests, expected] of table) {
    it(name, () => {
      const plugin = createNodeResourcesFit({ scoringStrategy });
      expect(scores(plugin, aPod('p', requests), [node('n', { [gpu]: '2' })])).to.deep.equal([expected]);
    });
  }

  it('refuses a strategy that there is not', () => {
    const scoringStrategy = { type: 'Other' } as unknown as Strategy;
    expect(() => createNodeResourcesFit({ scoringStrategy })).to.throw('"Other" is none of LeastAllocated');
  });

  it('leaves ignored resources to others', () => {
    const plugin = createNodeResourcesFit({ ignoredResources: ['a.io/x'], ignoredResourceGroups: ['b.io'] });
    const pod = aPod('p', { 'a.io/x': '1', 'b.io/y': '1', 'c.io/z': '1' });
    expect(reasons(plugin, pod, node('n'))).to.deep.equal(['!Insufficient c.io/z']);
  });

  it('balances more than two resources by their deviation', () => {
    const plugin = createBalancedAllocation({ resources: [{ name: 'cpu' }, { name: 'memory' }, { name: gpu }] });
    const pod = aPod('p', { cpu: '4', memory: '8Gi', [gpu]: '1' });
    expect(scores(plugin, pod, [node('n', { [gpu]: '1' }), node('m', { [gpu]: '4' })])).to.deep.equal([100, 64]);
  });

  it('knows what can help a pod that lacks something', () => {
    const { wakesOn } = createNodeResourcesFit();
    const pod = podInfo(aPod('p', { cpu: '2' }));
    const helps = (name: any, object: any, old?: any) =>
      wakesOn!.some((w) => w.on.includes(name) && w.helps!(pod, { name, object, old }));
    const large = aPod('q', { cpu: '3', memory: '1Gi' });
    const shrunk = (requests: Record<string, string>) => aPod('q', requests);
    expect([
      helps('NodeAdd', node('n')),
      helps('NodeAdd', node('n', { cpu: '1' })),
      helps('NodeUpdateNodeAllocatable', node('n'), node('n', { cpu: '1' })),
      helps('AssignedPodUpdatePodScaleDown', shrunk({ cpu: '1', memory: '1Gi' }), large),
      helps('AssignedPodUpdatePodScaleDown', shrunk({ cpu: '3', memory: '1Mi' }), large),
    ]).to.deep.equal([true, false, true, true, false]);
  });

  describe('of CPU and memory, for which there is a short way', () => {
    const amounts = ['0', '1', '300', '4000', '9000'];
    const all = amounts.flatMap((cpu) => amounts.map((memory) => [`${cpu}m`, `${memory}Mi`] as const));
    const pods = all.map(([cpu, memory]) => podInfo(aPod('p', { cpu, memory }, {}, { uid: 'p' })));
    const nodes = all.flatMap(([cpu, memory]) =>
      ['1', '2000'].map((used) => {
        const info = new NodeInfo('n');
        info.setNode(node('n', { cpu, memory }));
        info.addPod(podInfo(aPod('q', { cpu: `${used}m`, memory: `${used}Mi` }, {}, { uid: 'q' })));
        return info;
      }),
    );
    const listed = (...names: string[]) => names.map((name) => ({ name, weight: 2 }));
    const ways: [string, Plugin, Plugin][] = [
      [
        'least',
        createNodeResourcesFit(),
        createNodeResourcesFit({ scoringStrategy: { resources: listed('cpu', 'memory') } }),
      ],
      ['balanced', createBalancedAllocation(), createBalancedAllocation({ resources: listed('memory', 'cpu') })],
    ];
    for (const [name, short, long] of ways) {
      it(`${name}: as the long way`, () => {
        const scoresOf = (plugin: Plugin) => pods.map((pod) => nodes.map((on) => plugin.score!(pod, on, undefined)));
        expect(scoresOf(short)).to.deep.equal(scoresOf(long));
      });
    }
  });
});
