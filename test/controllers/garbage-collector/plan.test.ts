import { expect } from 'chai';
import {
  planCollection,
  type CollectAction,
  type OwnerState,
} from '../../../src/controllers/garbage-collector/plan.ts';
import { OwnerGraph, type GraphNode } from '../../../src/controllers/garbage-collector/graph.ts';
import { configMap } from '../../../src/api/core-v1/config-map.ts';
import { namespace } from '../../../src/api/core-v1/namespace.ts';

const ref = (uid: string, rest: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid, ...rest });

describe('garbage collector: plan', () => {
  const nobody = { any: false, waiting: false };
  const remove = (propagation: string, unblock = false) => ({ do: 'delete', propagation, unblock }) as CollectAction;
  const nothing: CollectAction = { do: 'nothing' };
  const cases: [string, OwnerState[], CollectAction, { meta?: object; dependents?: typeof nobody }?][] = [
    ['keeps what has a living owner', ['solid'], nothing],
    ['deletes what has none', ['absent'], remove('Background')],
    ['deletes what has none of several', ['absent', 'absent'], remove('Background')],
    ['strikes dead owners while one lives', ['absent', 'solid'], { do: 'setOwners', owners: [ref('o1')] }],
    ['strikes owners that wait while one lives', ['solid', 'waiting'], { do: 'setOwners', owners: [ref('o0')] }],
    ['deletes what an owner waits for', ['waiting'], remove('Background')],
    [
      'deletes dependents first when an owner waits',
      ['waiting'],
      remove('Foreground'),
      { dependents: { any: true, waiting: false } },
    ],
    ['breaks circles', ['waiting'], remove('Foreground', true), { dependents: { any: true, waiting: true } }],
    ['concludes nothing from what it cannot know', ['unreachable'], nothing],
    ['keeps what may have a living owner', ['absent', 'unreachable'], { do: 'setOwners', owners: [ref('o1')] }],
    ['respects the orphan finalizer', ['absent'], remove('Orphan'), { meta: { finalizers: ['orphan'] } }],
    [
      'respects the foreground finalizer',
      ['absent'],
      remove('Foreground'),
      { meta: { finalizers: ['foregroundDeletion'] } },
    ],
    ['leaves alone what is being deleted', ['absent'], nothing, { meta: { deletionTimestamp: 'x' } }],
    ['leaves alone what has no owners', [], nothing],
  ];
  for (const [name, states, expected, { meta = {}, dependents = nobody } = {}] of cases) {
    it(name, () => {
      const ownerReferences = states.map((_, i) => ref(`o${i}`));
      const object = { metadata: { name: 'x', ownerReferences, ...meta } } as any;
      expect(planCollection(object, states, dependents)).to.deep.equal(expected);
    });
  }
});

describe('garbage collector: graph', () => {
  const node = (uid: string, owners: object[] = [], rest: Partial<GraphNode> = {}): GraphNode => ({
    uid,
    kind: configMap,
    name: { namespace: 'default', name: uid },
    deleting: false,
    finalizers: [],
    owners: owners as GraphNode['owners'],
    ...rest,
  });

  it('has a look at what names an owner that it does not know', () => {
    const graph = new OwnerGraph();
    expect(graph.put(node('a'))).to.deep.equal([]);
    expect(graph.put(node('b', [ref('a')]))).to.deep.equal([]);
    expect(graph.put(node('c', [ref('z')]))).to.deep.equal(['c']);
  });

  const wrong: [string, object, Partial<GraphNode>?][] = [
    ['name', { name: 'other' }],
    ['kind', { kind: 'Secret' }],
    ['group', { apiVersion: 'apps/v1' }],
    ['namespace', {}, { name: { namespace: 'other', name: 'b' } }],
  ];
  for (const [what, reference, rest] of wrong) {
    it(`has a look at what names its owner with the wrong ${what}`, () => {
      const graph = new OwnerGraph();
      graph.put(node('a'));
      expect(graph.put(node('b', [ref('a', reference)], rest))).to.deep.equal(['b']);
    });
  }

  it('lets cluster-scoped owners own in every namespace', () => {
    const graph = new OwnerGraph();
    graph.put(node('a', [], { kind: namespace, name: { name: 'a' } }));
    expect(graph.put(node('b', [ref('a', { kind: 'Namespace' })]))).to.deep.equal([]);
  });

  it('has a look at the dependents of what goes', () => {
    const graph = new OwnerGraph();
    graph.put(node('a'));
    graph.put(node('b', [ref('a')]));
    graph.put(node('c', [ref('a')]));
    expect(graph.remove('a')).to.have.members(['b', 'c']);
    expect(graph.remove('a')).to.deep.equal([]);
  });

  it('has a look at an owner that waits when a dependent goes or changes', () => {
    const graph = new OwnerGraph();
    const waiting = node('a', [], { deleting: true, finalizers: ['foregroundDeletion'] });
    expect(graph.put(waiting)).to.deep.equal(['a']);
    graph.put(node('b', [ref('a')]));
    expect(graph.put(node('b', []))).to.deep.equal(['a']);
    graph.put(node('c', [ref('a')]));
    expect(graph.remove('c')).to.deep.equal(['a']);
  });

  it('forgets owners that are no longer named', () => {
    const graph = new OwnerGraph();
    graph.put(node('a'));
    graph.put(node('b', [ref('a')]));
    graph.put(node('b', []));
    expect(graph.dependentsOf('a')).to.deep.equal([]);
    expect(graph.remove('a')).to.deep.equal([]);
  });
});
