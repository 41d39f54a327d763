import { expect } from 'chai';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { Cycle } from '../../../src/scheduler/cycle.ts';
import type { Plugin } from '../../../src/scheduler/plugin.ts';
import { podTopologySpread } from '../../../src/scheduler/plugins/pod-topology-spread.ts';
import { prioritySort } from '../../../src/scheduler/plugins/priority-sort.ts';
import { podInfo } from '../../../src/scheduler/pod-info.ts';
import { profileOf } from '../../../src/scheduler/profile.ts';
import { aNode, aPod, handleWith, noHandle } from '../objects.ts';
import { scores, snapshotOf } from './probe.ts';

const plugin = podTopologySpread.create(undefined, noHandle);
const web = { app: 'web' };
const labelled = (labels: object, spec: object = {}, metadata: object = {}): Pod =>
  aPod('x', {}, spec, { labels, ...metadata });
const spread = (more: object = {}) => ({
  maxSkew: 1,
  topologyKey: 'zone',
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: { matchLabels: web },
  ...more,
});
const constrained = (...topologySpreadConstraints: object[]) => labelled(web, { topologySpreadConstraints });

const host = (name: string, zone?: string, more: object = {}) =>
  aNode(name, { labels: { 'kubernetes.io/hostname': name, ...(zone && { zone }) }, ...more });
const nodes = [host('a1', 'a'), host('a2', 'a'), host('b1', 'b'), host('x1')];
const at = (...names: string[]): [Pod, string][] => names.map((name) => [labelled(web), name]);

function reasonsOn(of: Plugin, pod: Pod, placed: [Pod, string][], on = nodes): (string | undefined)[] {
  const snapshot = snapshotOf(on, placed);
  const cycle = new Cycle(podInfo(pod), profileOf('x', [{ plugin: prioritySort }, { plugin: of }]), snapshot);
  cycle.preFilter();
  return snapshot.nodes.map((node) => cycle.filter(node)?.rejection.reasons[0]);
}

const crowded = "node(s) didn't match pod topology spread constraints";
const outside = "node(s) didn't match pod topology spread constraints (missing required label)";
const yes = undefined;

describe('plugin PodTopologySpread', () => {
  const table: [string, Pod, [Pod, string][], (string | undefined)[]][] = [
    ['nobody there', constrained(spread()), [], [yes, yes, yes, outside]],
    ['one zone is ahead', constrained(spread()), at('a1'), [crowded, crowded, yes, outside]],
    ['a larger skew', constrained(spread({ maxSkew: 2 })), at('a1'), [yes, yes, yes, outside]],
    ['both are even', constrained(spread()), at('a1', 'b1'), [yes, yes, yes, outside]],
    ['others do not count', constrained(spread()), [[labelled({ app: 'db' }), 'a1']], [yes, yes, yes, outside]],
    [
      'other namespaces do not count',
      constrained(spread()),
      [[labelled(web, {}, { namespace: 'other' }), 'a1']],
      [yes, yes, yes, outside],
    ],
    [
      'those that are going do not count',
      constrained(spread()),
      [[labelled(web, {}, { deletionTimestamp: 'now' }), 'a1']],
      [yes, yes, yes, outside],
    ],
    [
      'fewer domains than there should be',
      constrained(spread({ minDomains: 3 })),
      at('a1', 'b1'),
      [crowded, crowded, crowded, outside],
    ],
    [
      'two constraints at once',
      constrained(spread({ maxSkew: 5 }), spread({ topologyKey: 'kubernetes.io/hostname' })),
      at('a1'),
      [crowded, yes, yes, outside],
    ],
    [
      'no selector: nobody counts',
      constrained(spread({ labelSelector: undefined })),
      at('a1', 'a1'),
      [yes, yes, yes, outside],
    ],
  ];
  for (const [name, pod, placed, expected] of table) {
    it(name, () => expect(reasonsOn(plugin, pod, placed)).to.deep.equal(expected));
  }

  it('leaves nodes out of the count where the pod could not be, unless told otherwise', () => {
    const selector = { nodeSelector: { zone: 'a' } };
    const pod = (more: object) => labelled(web, { ...selector, topologySpreadConstraints: [spread(more)] });
    expect(reasonsOn(plugin, pod({}), at('a1'))[0]).to.equal(yes);
    expect(reasonsOn(plugin, pod({ nodeAffinityPolicy: 'Ignore' }), at('a1'))[0]).to.equal(crowded);
    const tainted = [host('a1', 'a'), host('b1', 'b', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } })];
    expect(reasonsOn(plugin, constrained(spread()), at('a1'), tainted)[0]).to.equal(crowded);
    expect(reasonsOn(plugin, constrained(spread({ nodeTaintsPolicy: 'Honor' })), at('a1'), tainted)[0]).to.equal(yes);
  });

  it('counts the pods of one revision with matchLabelKeys', () => {
    const of = (hash: string, spec: object = {}) => labelled({ ...web, hash }, spec);
    const pod = of('2', { topologySpreadConstraints: [spread({ matchLabelKeys: ['hash', 'absent'] })] });
    expect(reasonsOn(plugin, pod, [[of('1'), 'a1']])[0]).to.equal(yes);
    expect(reasonsOn(plugin, pod, [[of('2'), 'a1']])[0]).to.equal(crowded);
  });

  it('follows what is thought to come and go', () => {
    const placed = at('a1');
    const snapshot = snapshotOf(nodes, placed);
    const profile = profileOf('x', [{ plugin: prioritySort }, { plugin }]);
    const cycle = new Cycle(podInfo(constrained(spread())), profile, snapshot);
    cycle.preFilter();
    const simulation = cycle.simulate(snapshot.existing('a1')!);
    expect(simulation.filter()!.rejection.reasons).to.deep.equal([crowded]);
    simulation.remove(podInfo(placed[0]![0]));
    expect(simulation.filter()).to.equal(undefined);
    expect(cycle.filter(snapshot.existing('a1')!)!.rejection.reasons).to.deep.equal([crowded]);
  });

  it('prefers the topologies with fewer', () => {
    const soft = spread({ whenUnsatisfiable: 'ScheduleAnyway' });
    expect(scores(plugin, constrained(soft), nodes, at('a1', 'a2', 'b1'))).to.deep.equal([33, 33, 100, 0]);
    expect(scores(plugin, constrained(soft), nodes)).to.deep.equal([100, 100, 100, 0]);
  });

  it('spreads the pods of a service or a controller over nodes and zones by default', () => {
    const own = { metadata: { name: 's', namespace: 'default' }, spec: { selector: web } };
    const set = { metadata: { name: 'r', namespace: 'default' }, spec: { selector: { matchLabels: web } } };
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u', controller: true }];
    const known = (plural: string) =>
      podTopologySpread.create(
        undefined,
        handleWith((p) => (p === plural ? [own as any] : [])),
      );
    const sets = podTopologySpread.create(
      undefined,
      handleWith((p) => (p === 'replicasets' ? [set as any] : [])),
    );
    const two = [host('a1'), host('b1')];
    expect(scores(known('services'), labelled(web), two, at('a1'))).to.deep.equal([66, 100]);
    expect(scores(sets, labelled(web, {}, { ownerReferences }), two, at('a1'))).to.deep.equal([66, 100]);
    expect(scores(known('nothing'), labelled(web), two, at('a1'))).to.deep.equal([0, 0]);
  });

  it('takes default constraints from its arguments', () => {
    const service = { metadata: { name: 's', namespace: 'default' }, spec: { selector: web } };
    const { labelSelector: _, ...constraint } = spread();
    const args = { defaultingType: 'List', defaultConstraints: [constraint] };
    const own = podTopologySpread.create(
      args,
      handleWith((p) => (p === 'services' ? [service as any] : [])),
    );
    expect(reasonsOn(own, labelled(web), at('a1'))).to.deep.equal([crowded, crowded, yes, outside]);
    expect(reasonsOn(own, labelled({ app: 'z' }), at('a1'))).to.deep.equal([yes, yes, yes, yes]);
  });

  it('knows which pods and nodes can help', () => {
    const helps = (name: any, object: any, old?: any) =>
      plugin.wakesOn!.some(
        (w) => w.on.includes(name) && w.helps!(podInfo(constrained(spread())), { name, object, old }),
      );
    expect([
      helps('AssignedPodDelete', labelled(web)),
      helps('AssignedPodDelete', labelled({ app: 'db' })),
      helps('AssignedPodAdd', labelled(web, {}, { namespace: 'other' })),
      helps('AssignedPodUpdatePodLabel', labelled({ app: 'db' }), labelled(web)),
      helps('NodeAdd', host('n', 'c')),
      helps('NodeAdd', host('n')),
      helps('NodeUpdateNodeLabel', host('n', 'b'), host('n', 'a')),
    ]).to.deep.equal([true, false, false, true, true, false, true]);
  });
});
